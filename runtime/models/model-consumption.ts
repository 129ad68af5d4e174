import type { ModelHost } from '../../processors/ports.js';
import type { ModelQueue } from '../../topology/model-queue.js';
import { divertTo, type RecordConsumption } from '../consumption/consumption.js';
import type { WorkerServices } from '../services.js';
import { createModelHandler } from './model-handler.js';

export interface ModelConsumptionOptions {
  readonly queue: ModelQueue;
  readonly models: ModelHost;
  readonly services: WorkerServices;
  readonly window: RecordConsumption['window'];
}

/** Answers clients that ask models directly, beside the stage that the process runs. */
export function modelConsumption({ queue, models, services, window }: ModelConsumptionOptions): RecordConsumption {
  const { stage, lane, group, input } = queue;
  return {
    kind: 'records',
    group,
    topics: [input],
    stage,
    laneOf: () => lane.name,
    handler: createModelHandler({ ...services, queue, models }),
    failures: divertTo({ input, lane }),
    window,
    transactionsEveryMs: lane.transactionsEveryMs,
  };
}
