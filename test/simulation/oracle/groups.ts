import { retryGroup, sinkGroup, sinkTopics } from '../../../topology/groups.js';
import { imageTagsFamily } from '../../../schemas/topic-family.js';
import { topics } from '../../../schemas/topics.js';
import type { Topology } from '../../../topology/topology.js';
import type { SinkKind } from '../stores/sinks.js';

/** A consumer group of a world: what it reads, and how its work ends. */
export interface WorldGroup {
  readonly name: string;
  readonly topics: readonly string[];
  readonly kind: 'share' | 'stage' | 'retry' | 'sink';
  /** Topics behind a stage. */
  readonly outputs: readonly string[];
  /** Topic to which a failed record returns. */
  readonly returnTo: string;
  /** Whether the stage stores the photos. */
  readonly stores: boolean;
}

export function groupsOf(topology: Topology, sink: SinkKind): readonly WorldGroup[] {
  const [lane] = topology.lanes;
  if (lane === undefined) return [];
  const stages = topology.plans.map(({ group, input, outputs, kind, returnTo }): WorldGroup => ({
    ...{ name: group, topics: [input], kind: kind === 'share' ? 'share' : 'stage', outputs, returnTo },
    stores: kind === 'entry',
  }));
  const retries = lane.retryDelays.map((delay): WorldGroup => {
    const topic = topics.retry(lane.name, delay);
    return { name: retryGroup(topic), topics: [topic], kind: 'retry', outputs: [], returnTo: topic, stores: false };
  });
  const reads = sinkTopics({ reads: imageTagsFamily }, [lane]);
  return [
    ...stages,
    ...retries,
    { name: sinkGroup(sink), topics: reads, kind: 'sink', outputs: [], returnTo: '', stores: false },
  ];
}
