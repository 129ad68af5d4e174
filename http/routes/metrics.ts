import type { Registry } from 'prom-client';
import { singleFlight } from '../../primitives/single-flight.js';
import type { Route } from '../route.js';

export function metricsRoute({ metrics }: { readonly metrics: Registry }): Route {
  // Concurrent requests share one text, because the route needs no key and rendering takes milliseconds.
  const text = singleFlight(() => metrics.metrics());
  return {
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    about: 'Metrics in the Prometheus text format.',
    scope: null,
    answers: { 200: { about: 'The metrics.', mediaType: 'text/plain' } },
    problems: [],
    handle: async (context) => context.body(await text(''), 200, { 'content-type': metrics.contentType }),
  };
}
