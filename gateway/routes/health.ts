import type { Route } from '../context.js';
import { isDraining } from '../context.js';
import type { Tagger } from '../ports.js';
import { ProblemError } from '../problems/problem.js';

/** Whether the process should live; it says nothing of its neighbours, whose failure a restart would not cure. */
export function healthRoute(): Route {
  return {
    method: 'GET',
    path: '/healthz',
    about: 'Whether the process is alive.',
    handle: (context) => context.json({ status: 'ok' }),
  };
}

/** Whether a load balancer should send requests here. */
export function readyRoute({ tagger }: { readonly tagger: Tagger }): Route {
  return {
    method: 'GET',
    path: '/readyz',
    about: 'Whether requests can be answered.',
    handle(context) {
      const draining = isDraining(context);
      if (!draining && tagger.ready()) return context.json({ status: 'ready' });
      throw new ProblemError({
        code: 'not-ready',
        detail: draining ? 'The gateway is shutting down.' : 'The gateway is not connected to its queues.',
        remedy: 'Send requests to another instance, or try again after the time in Retry-After.',
      });
    },
  };
}
