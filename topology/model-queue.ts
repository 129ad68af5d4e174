import type { LaneName } from '../schemas/lanes.js';
import { topics } from '../schemas/topics.js';
import type { Lane } from './lanes.js';
import { groupOf, type Topology } from './topology.js';

/** The queue of tensors that arrive without a photo, and the consumer group that runs models on them. */
export interface ModelQueue {
  /** Stage whose workers also read this queue. Both queues share the models, batches and devices of the worker. */
  readonly worker: string;
  /** Stage name in metrics and dead letters. */
  readonly stage: string;
  readonly lane: Lane;
  readonly group: string;
  readonly input: string;
  readonly output: string;
}

/** A client that calls a model directly waits for the answer. */
const modelLane: LaneName = 'realtime';

/** Undefined if no model runs in the realtime lane. */
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
