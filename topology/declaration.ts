import type { DedicatedQueue } from './dedicated-queues.js';
import type { Lane } from './lanes.js';
import type { Pipeline } from './pipeline.js';
import type { Placement } from './placements.js';
import type { Stage } from './stages.js';

/** Parts of a topology, before the checks. */
export interface TopologyDeclaration {
  readonly pipelines: readonly Pipeline[];
  readonly defaultPipeline: string;
  readonly stages: readonly Stage[];
  readonly lanes: readonly Lane[];
  readonly placement: Pick<Placement, 'fused'>;
  readonly dedicated?: readonly DedicatedQueue[];
}
