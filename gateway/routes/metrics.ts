import type { Registry } from 'prom-client';
import type { Route } from '../route.js';

export function metricsRoute({ metrics }: { readonly metrics: Registry }): Route {
  return {
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    about: 'Metrics in the Prometheus text format.',
    scope: null,
    answers: { 200: { about: 'The metrics.', mediaType: 'text/plain' } },
    problems: [],
    handle: async (context) => context.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  };
}
