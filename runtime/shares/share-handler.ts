import { FanlightError } from '../../schemas/failure.js';
import type { ListingImage } from '../../schemas/events.js';
import { headers } from '../../schemas/headers.js';
import { dedicatedTo } from '../../topology/dedicated-queues.js';
import { choosePartition } from '../../topology/shares.js';
import type { EntryPlan, SharePlan, Topology } from '../../topology/topology.js';
import type { Codec } from '../records/codec.js';
import type { Handler, Message } from '../records/message.js';
import { eventTimeOf } from '../records/event-time.js';
import { originOf } from '../records/origin.js';

/** Backlog in each partition of a queue that clients share. */
export interface QueueLoad {
  waiting(partition: number): number;
  /** Counts one more written record. */
  add(partition: number): void;
}

export interface ShareHandlerOptions {
  readonly plan: SharePlan;
  readonly topology: Topology;
  readonly codec: Codec;
  readonly loadOf: (topic: string) => QueueLoad;
}

/**
 * Creates the handler that passes events on unchanged: to their dedicated queue, or else to the client's partition with
 * the smallest backlog.
 */
export function createShareHandler({ plan, topology, codec, loadOf }: ShareHandlerOptions): Handler {
  const dedicated = topology.dedicated.filter(({ lane }) => lane === plan.lane.name);
  const byModel = dedicated.some(({ of }) => 'model' in of);
  const queues = new Map(
    queuesBehind(plan, topology).map((queue) => [queue.queue, { ...queue, load: loadOf(queue.input) }]),
  );

  return async function share(message) {
    const client = message.headers[headers.client];
    const own = dedicatedTo(dedicated, client, byModel ? await modelsFor(message) : []);
    const queue = queues.get(own ?? 'common');
    if (!queue) throw new Error(`no group reads events of ${plan.lane.name}`);
    const partition =
      queue.order === 'fifo'
        ? undefined
        : choosePartition(client, queue.order, (candidate) => queue.load.waiting(candidate));
    if (partition !== undefined) queue.load.add(partition);
    return [
      {
        topic: queue.input,
        ...(partition === undefined ? {} : { partition }),
        key: message.key,
        value: message.value,
        // Keeps two facts of the old record: its coordinates (the origin of an event without an id) and its time.
        headers: {
          ...message.headers,
          [headers.origin]: originOf(message),
          [headers.eventTime]: String(eventTimeOf(message)),
        },
      },
    ];
  };

  /** Returns no model for an unreadable event. The stage that should process the event makes it a dead letter. */
  async function modelsFor({ value }: Message): Promise<readonly string[]> {
    try {
      const event = (await codec.decode('listing-image', value)) as ListingImage;
      return topology.pipelines.get(event.pipeline ?? topology.defaultPipeline)?.models ?? [];
    } catch (error) {
      if (error instanceof FanlightError && error.kind === 'permanent') return [];
      throw error;
    }
  }
}

/** The first group of each queue that `share` writes to. */
export function queuesBehind(plan: SharePlan, { plans }: Topology): readonly EntryPlan[] {
  return plans.filter((other) => other.kind === 'entry').filter(({ input }) => plan.outputs.includes(input));
}
