import { z } from 'zod';
import { isDraining } from '../../http/context.js';
import type { Tagger } from '../../runtime/replies/request-reply.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { Answer, Route } from '../../http/route.js';

const healthSchema = z.object({ status: z.enum(['ok', 'ready']) });
const answer = (status: z.infer<typeof healthSchema>['status']): Answer => ({
  about: 'The check passed.',
  mediaType: 'application/json',
  shapes: [{ name: 'Health', schema: healthSchema, example: { status } }],
});

/** Liveness of the process. It ignores dependencies, because a restart would not repair them. */
export function healthRoute(): Route {
  return {
    method: 'GET',
    path: '/healthz',
    id: 'getHealth',
    about: 'Whether the process is alive.',
    scope: null,
    answers: { 200: answer('ok') },
    problems: [],
    handle: (context) => context.json({ status: 'ok' }),
  };
}

/** Readiness: whether a load balancer should send requests here. */
export function readyRoute({ tagger }: { readonly tagger: Tagger }): Route {
  return {
    method: 'GET',
    path: '/readyz',
    id: 'getReadiness',
    about: 'Whether requests can be answered.',
    scope: null,
    answers: { 200: answer('ready') },
    problems: ['not-ready'],
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
