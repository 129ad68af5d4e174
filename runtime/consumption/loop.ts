import { createDeferredWork } from '../deferred-work.js';
import { startConsumer, type RunningConsumer } from '../kafka/consumer/consumer.js';
import { withStopHooks } from '../kafka/consumer/stop-hooks.js';
import { projectTopics } from '../kafka/read/topic-projection.js';
import type { Message } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { Consumption, ProjectionConsumption, RecordConsumption } from './consumption.js';
import { handlerWithin, middleware } from './middleware.js';

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
 * Runs each record through the middleware, which publishes the records that follow, and finishes deferred work. Only
 * then does the consumer commit the offset.
 */
async function startRecords(consumption: RecordConsumption, services: WorkerServices): Promise<RunningConsumer> {
  const { group, topics, stage, laneOf, window, fetchMode, gate, holdsMs, track } = consumption;
  const { kafka, clock, metrics, random, logger, onFatal } = services;
  const handler = handlerWithin(middleware, consumption, services);

  async function work(message: Message, signal: AbortSignal): Promise<void> {
    const deferred = createDeferredWork({ clock, random, signal });
    const out = await handler(message, { signal, waitUntil: deferred.waitUntil });
    await deferred.finish();
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
    process: track
      ? (message, signal) => track.call(consumption, message, () => work(message, signal))
      : (message, signal) => work(message, signal),
    ...(holdsMs === undefined ? {} : { holdsMs }),
    onFatal,
    clock,
    random,
    logger,
    onRestart: (reason) => metrics.consumerRestarts.inc({ group, reason }),
  });
  return withStopHooks(consumer, consumption);
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
