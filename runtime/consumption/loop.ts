import { createDeferredWork } from '../deferred-work.js';
import { startConsumer, type RunningConsumer } from '../kafka/consumer/consumer.js';
import { withStopHooks } from '../kafka/consumer/stop-hooks.js';
import { createTransactions } from '../kafka/transactions/transactions.js';
import { projectTopics } from '../kafka/read/topic-projection.js';
import type { Message } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { Consumption, ProjectionConsumption, RecordConsumption } from './consumption.js';
import { handlerWithin, middleware, middlewareWith } from './middleware.js';
import { deliverInTransactions } from './transactional-delivery.js';

/** Joins the consumer group and works until the consumer is stopped. */
export function startConsumption(consumption: Consumption, services: WorkerServices): Promise<RunningConsumer> {
  switch (consumption.kind) {
    case 'records':
      return startRecords(consumption, services);
    case 'projection':
      return startProjection(consumption, services);
  }
}

/**
 * Runs each record through the middleware, which publishes the records that follow and finishes deferred work. Only
 * then is the offset committed: by the consumer, or with the records in one transaction.
 */
async function startRecords(consumption: RecordConsumption, services: WorkerServices): Promise<RunningConsumer> {
  const { group, topics, stage, laneOf, window, fetchMode, gate, holdsMs, track } = consumption;
  const { transactionsEveryMs = 1_000 } = consumption;
  const { kafka, clock, metrics, random, logger, onFatal, delivery } = services;
  const transactions =
    delivery === 'transactions'
      ? await createTransactions({ kafka, group, everyMs: transactionsEveryMs, clock, logger })
      : undefined;
  const handler = handlerWithin(
    transactions ? middlewareWith(deliverInTransactions(transactions)) : middleware,
    consumption,
    services,
  );

  async function work(message: Message, signal: AbortSignal): Promise<void> {
    const { waitUntil, finish: finishDeferred } = createDeferredWork({ clock, random, signal });
    const out = await handler(message, { signal, waitUntil, finishDeferred });
    metrics.recordsOut.inc({ stage, lane: laneOf(message) }, out.length);
  }

  const consumer = await startConsumer({
    kafka,
    group,
    topics,
    fromBeginning: true,
    window,
    ...(fetchMode ? { fetchMode } : {}),
    ...(gate ? { gate } : {}),
    async process(message, signal, next) {
      if ((await transactions?.admit(message, next, signal)) === false) return;
      await (track ? track.call(consumption, message, () => work(message, signal)) : work(message, signal));
    },
    ...(transactions ? { ownCommits: transactions } : {}),
    ...(holdsMs === undefined ? {} : { holdsMs }),
    onFatal,
    clock,
    random,
    logger,
    onRestart: (reason) => metrics.consumerRestarts.inc({ group, reason }),
  });
  return withStopHooks(consumer, {
    beforeStop: () => consumption.beforeStop?.(),
    async afterStop() {
      await transactions?.close();
      await consumption.afterStop?.();
    },
  });
}

async function startProjection(
  consumption: ProjectionConsumption,
  { kafka, clock, random, logger, metrics, onFatal }: WorkerServices,
): Promise<RunningConsumer> {
  const { group, topics } = consumption;
  const projection = await projectTopics({
    kafka,
    group,
    topics,
    position: (topic, partition) => consumption.position(topic, partition),
    apply: (message, expected) => consumption.apply(message, expected),
    clock,
    random,
    logger,
    metrics,
    onFatal,
    onRestart: (reason) => metrics.consumerRestarts.inc({ group, reason }),
  });
  const stopAccompanying = consumption.accompany?.(projection);
  return withStopHooks(projection, {
    beforeStop() {
      stopAccompanying?.();
      consumption.beforeStop?.();
    },
    afterStop: () => consumption.afterStop?.(),
  });
}
