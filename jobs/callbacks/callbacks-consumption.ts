import type { RecordConsumption } from '../../runtime/consumption/consumption.js';
import type { FailurePath } from '../../runtime/failures/retry-record.js';
import type { Message } from '../../runtime/records/message.js';
import { coordinates } from '../../runtime/records/message.js';
import type { WorkerServices } from '../../runtime/services.js';
import { topics } from '../../schemas/topics.js';
import { callbackDeliveries } from '../../topology/callbacks.js';
import { callbacksGroup, callbackSources } from '../../topology/groups.js';
import type { PartStore } from '../results/part-store.js';
import type { Callbacks } from './callback.js';
import type { DeliveredItems } from './delivered-items.js';
import { rememberDelivered } from './delivered-parts.js';
import { createDeliverer } from './deliverer.js';
import { createEndpoints, type EndpointLimits } from './endpoints.js';
import { createReadOrder } from './read-order.js';

export interface CallbacksConsumptionOptions {
  readonly callbacks: Callbacks;
  readonly parts: PartStore;
  readonly delivered: DeliveredItems;
  readonly services: WorkerServices;
  readonly retryDelays?: readonly [string, ...string[]];
  readonly limits?: EndpointLimits;
}

/** Large, because a record is small and most records wait for an endpoint. */
const window = { items: 1_024, bytes: 64 * 2 ** 20 };

/** Failure path of deliveries: the retry topics and the dead letters of callbacks. */
export function callbacksPath(
  retryDelays: readonly [string, ...string[]] = callbackDeliveries.retryDelays,
): FailurePath & { readonly lane: { readonly retryDelays: readonly [string, ...string[]] } } {
  return { input: topics.callbacks, lane: { name: callbackDeliveries.name, retryDelays } };
}

/** Delivers the records of `job-progress` to the callbacks of their jobs. */
export function callbacksConsumption(options: CallbacksConsumptionOptions): RecordConsumption {
  const { callbacks, delivered, parts, services } = options;
  const { clock, codec, metrics, random } = services;
  const { name, jitter, summaryWaitsMs } = callbackDeliveries;
  const path = callbacksPath(options.retryDelays);
  const order = createReadOrder();
  const count = (outcome: string) => (kind: string) => metrics.callbackDeliveries.inc({ kind, outcome });

  const handler = createDeliverer({
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
  return {
    kind: 'records',
    group: callbacksGroup,
    topics: callbackSources,
    stage: 'callbacks',
    laneOf: () => name,
    handler,
    failures: { kind: 'divert', pathOf: () => path, jitter },
    outputMiddleware: [rememberDelivered({ codec, delivered })],
    window,
    track: (message, work) => order.track(message, work),
    describe: (message: Message) => ({ job: message.key?.toString(), place: coordinates(message) }),
  };
}
