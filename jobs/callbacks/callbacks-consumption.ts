import type { DeliveredItems, PartStore } from '../ports.js';
import { topics } from '../../schemas/topics.js';
import type { Callbacks } from './callback.js';
import { callbackDeliveries } from '../../topology/callbacks.js';
import { callbacksGroup, callbackSources } from '../../topology/groups.js';
import { createDeliverer } from './deliver-progress.js';
import { createEndpoints, type EndpointLimits } from './endpoints.js';
import { createReadOrder } from './read-order.js';
import { rememberDelivered } from './remember-delivered.js';
import { handleFailures } from '../../runtime/failures/handle-failures.js';
import { measure } from '../../runtime/consumption/measure.js';
import type { Message } from '../../runtime/records/message.js';
import { createSideWork } from '../../runtime/deferred-work.js';
import { startConsumer, type RunningConsumer } from '../../runtime/kafka/consumer/consumer.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/publish-until-acknowledged.js';
import { startRetryWorkers } from '../../runtime/failures/retry-consumption.js';
import type { WorkerServices } from '../../runtime/services.js';

export interface CallbacksWorkerOptions {
  readonly callbacks: Callbacks;
  readonly parts: PartStore;
  readonly delivered: DeliveredItems;
  readonly services: WorkerServices;
  readonly retryDelays?: readonly [string, ...string[]];
  readonly limits?: EndpointLimits;
}

/** Many, because a record is small and most of them wait for somebody else. */
const window = { items: 1_024, bytes: 64 * 2 ** 20 };

/** Delivers what `job-progress` says to the callbacks of the jobs, and returns what is to be tried again later. */
export async function startCallbacksWorker(
  options: CallbacksWorkerOptions,
): Promise<{ readonly deliveries: RunningConsumer; readonly relays: readonly RunningConsumer[] }> {
  const { callbacks, delivered, parts, services, retryDelays = callbackDeliveries.retryDelays } = options;
  const { clock, codec, logger, metrics, publisher, random } = services;
  const { name, jitter, summaryWaitsMs } = callbackDeliveries;
  const path = { stage: 'callbacks', input: topics.callbacks, lane: { name, retryDelays } };
  const labels = { stage: path.stage, lane: name };
  const order = createReadOrder();
  const count = (outcome: string) => (kind: string) => metrics.callbackDeliveries.inc({ kind, outcome });

  const deliver = createDeliverer({
    path,
    codec,
    callbacks,
    endpoints: createEndpoints({
      clock,
      ...(options.limits ? { limits: options.limits } : {}),
      onCircuits: (open) => metrics.callbackCircuits.set(open),
    }),
    parts,
    delivered,
    order,
    clock,
    random,
    jitter,
    summaryWaitsMs,
    onDelivered: count('delivered'),
    onFailed: (kind, error) => count(error.code)(kind),
    onPostponed: count('postponed'),
  });
  const guarded = handleFailures({
    plan: path,
    clock,
    random,
    jitter,
    onRetry: (error, message, where) => {
      metrics.recordsRetried.inc({ ...labels, code: error.code, where });
      logger.debug({ ...labels, ...about(message), code: error.code, where }, error.message);
    },
    onDeadLetter: (error, message) => {
      metrics.recordsFailed.inc({ ...labels, code: error.code });
      logger.info({ ...labels, ...about(message), code: error.code }, error.message);
    },
  })(deliver);
  const handler = measure(metrics, path, clock)(rememberDelivered({ codec, delivered })(guarded));

  async function process(message: Message, signal: AbortSignal): Promise<void> {
    const side = createSideWork({ clock, random, signal });
    const out = await handler(message, { signal, waitUntil: side.waitUntil });
    await publishUntilAcknowledged(publisher, out, { signal, clock, logger, random });
    await side.finish();
    metrics.recordsOut.inc(labels, out.length);
  }

  const [deliveries, relays] = await Promise.all([
    startConsumer({
      kafka: services.kafka,
      group: callbacksGroup,
      topics: callbackSources,
      fromBeginning: true,
      window,
      process: (message, signal) => order.track(message, () => process(message, signal)),
      onFatal: services.onFatal,
      clock,
      logger,
      onRestart: (reason) => metrics.consumerRestarts.inc({ group: callbacksGroup, reason }),
    }),
    startRetryWorkers(path.lane, services),
  ]);
  return { deliveries, relays };
}

/** What a log line says of its record. */
function about({ key, topic, partition, offset }: Message) {
  return { job: key?.toString(), place: `${topic}/${partition}/${offset}` };
}
