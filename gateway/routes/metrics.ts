import type { Registry } from 'prom-client';
import type { Route } from '../context.js';

export function metricsRoute({ metrics }: { readonly metrics: Registry }): Route {
  return {
    method: 'GET',
    path: '/metrics',
    about: 'Metrics in the Prometheus text format.',
    handle: async (context) => context.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  };
}
