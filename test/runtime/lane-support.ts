import type { AnyOperation, Need } from '../../processors/operation.js';
import type { Tagged } from '../../processors/merge-tags.js';
import type { DedicatedQueue } from '../../topology/dedicated-queues.js';
import { lanes as allLanes, type Lane } from '../../topology/lanes.js';
import type { Pipeline } from '../../topology/pipeline.js';
import type { Placement } from '../../topology/placements.js';
import { stages } from '../../topology/stages.js';
import { createTopology, type Topology } from '../../topology/topology.js';

const tagged: Tagged = { facts: { sha256: 'f', format: 'jpeg', width: 1, height: 1 }, roomType: null, tags: [] };

/**
 * A topology with two pipelines, `idle@1` and `heavy@1` (which runs `large@1`). Their operations do nothing; they cover
 * every kind of need.
 *
 * @param work each operation calls it, and awaits it
 */
export function idleTopology(
  { fused }: Pick<Placement, 'fused'>,
  work: (operation: string) => Promise<void>,
  {
    lanes = allLanes,
    dedicated = [],
  }: { readonly lanes?: readonly Lane[]; readonly dedicated?: readonly DedicatedQueue[] } = {},
): Topology {
  const operation = (name: string, needs: Need, models: readonly string[] = []): AnyOperation => ({
    name,
    needs,
    models,
    open: () =>
      async function pretend() {
        await work(name);
        return tagged;
      },
  });
  const pipelineOf = (id: string, model: string): Pipeline => ({
    id,
    result: 'tagged',
    nodes: [
      { name: 'file', operation: operation('fetch', 'io'), from: { event: 'event' } },
      { name: 'pixels', operation: operation('decode', 'cpu'), from: { file: 'file' } },
      { name: 'model', operation: operation('model', 'gpu', [model]), from: { pixels: 'pixels' } },
      { name: 'tagged', operation: operation('merge', 'cpu'), from: { model: 'model' } },
    ],
  });
  const pipelines = [pipelineOf('idle@1', 'small@1'), pipelineOf('heavy@1', 'large@1')];
  return createTopology({ pipelines, defaultPipeline: 'idle@1', stages, lanes, placement: { fused }, dedicated });
}
