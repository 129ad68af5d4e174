import type { Handler, Middleware } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { RecordConsumption } from './consumption.js';
import { divertFailures } from './failure-middleware.js';
import { measure } from './measurement.js';
import { publishOutputs } from './output-publishing.js';
import { refuseUnreadableBatches } from './unreadable-batches.js';
import { refuseUnreadable } from './unreadable-headers.js';

/** Makes the middleware of one consumption. */
export type MiddlewareFactory = (consumption: RecordConsumption, services: WorkerServices) => Middleware;

/** Middleware of every consumer, outermost first. Tracing or fault injection is one more entry. */
export const middlewareWith = (delivery: MiddlewareFactory): readonly MiddlewareFactory[] => [
  own,
  delivery,
  beforeDelivery,
  measure,
  divertFailures,
  refuseUnreadableBatches,
  refuseUnreadable,
];

/** The middleware of at-least-once delivery. */
export const middleware = middlewareWith(publishOutputs);

/** Wraps the handler of a consumption in the middleware. */
export function handlerWithin(
  factories: readonly MiddlewareFactory[],
  consumption: RecordConsumption,
  services: WorkerServices,
): Handler {
  return within(
    factories.map((create) => create(consumption, services)),
    consumption.handler,
  );
}

function own({ middleware: layers = [] }: RecordConsumption): Middleware {
  return (next) => within(layers, next);
}

function beforeDelivery({ outputMiddleware: layers = [] }: RecordConsumption): Middleware {
  return (next) => within(layers, next);
}

function within(layers: readonly Middleware[], handler: Handler): Handler {
  return layers.reduceRight((next, layer) => layer(next), handler);
}
