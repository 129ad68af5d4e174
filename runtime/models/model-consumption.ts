import type { ModelHost } from '../../processors/ports.js';
import type { ModelQueue } from '../../topology/model-queue.js';
import { createModelHandler } from './model-handler.js';
import type { ConsumerOptions, RunningConsumer } from '../kafka/consumer/consumer.js';
import { startRecordWorker } from '../consumption/consumption.js';
import type { WorkerServices } from '../services.js';

export interface ModelWorkerOptions {
  readonly queue: ModelQueue;
  readonly models: ModelHost;
  readonly services: WorkerServices;
  readonly window: ConsumerOptions['window'];
}

/** Answers whoever asks models directly, beside the stage that the process runs. */
export function startModelWorker({ queue, models, services, window }: ModelWorkerOptions): Promise<RunningConsumer> {
  return startRecordWorker({
    plan: queue,
    handler: createModelHandler({ ...services, queue, models }),
    services,
    window,
  });
}
