import type { LaneName } from '../schemas/lanes.js';
import { topics } from '../schemas/topics.js';
import type { Lane } from './lanes.js';
import { groupOf, type Topology } from './topology.js';

/** The consumer group that runs models on tensors that came without a photo. */
export interface ModelQueue {
  /** Stage whose workers read it beside their own queue: their models, batches and devices are the same. */
  readonly worker: string;
  /** What metrics and dead letters call it. */
  readonly stage: string;
  readonly lane: Lane;
  readonly group: string;
  readonly input: string;
  readonly output: string;
}

/** Whoever asks a model directly waits for the answer. */
const modelLane: LaneName = 'realtime';

/** Undefined where no model runs in that lane. */
export function modelQueueOf({
  plans,
  stages,
  lanes,
}: Pick<Topology, 'plans' | 'stages' | 'lanes'>): ModelQueue | undefined {
  const computing = stages.filter(({ needs }) => needs === 'gpu').map(({ name }) => name);
  const lane = lanes.find(({ name }) => name === modelLane);
  const plan = plans
    .filter((candidate) => candidate.kind !== 'share')
    .find((candidate) => candidate.lane === lane && candidate.members.some((stage) => computing.includes(stage)));
  if (!lane || !plan) return undefined;
  const stage = 'models';
  return {
    worker: plan.stage,
    stage,
    lane,
    group: groupOf(topics.queue(stage, lane.name)),
    input: topics.modelInputs(lane.name),
    output: topics.modelOutputs(lane.name),
  };
}
