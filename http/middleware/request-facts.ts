import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../primitives/clock.js';
import { continueTrace, type RandomHex } from '../../primitives/trace-context.js';
import type { HttpEnv } from '../context.js';
import { anonymousCaller, isDraining } from '../context.js';

// Only characters that need no escaping in a URI (RFC 3986, 2.3), because the id is the `instance` of a problem.
const usableId = /^[A-Za-z0-9._~-]{1,128}$/;

export interface RequestFactsOptions {
  readonly clock: Clock;
  readonly randomHex: RandomHex;
}

/** Uses the client's request id and continues its trace, or creates new ones. The answer has both. */
export function requestFacts({ clock, randomHex }: RequestFactsOptions): MiddlewareHandler<HttpEnv> {
  return async function requestFacts(context, next) {
    const given = context.req.header('x-request-id') ?? '';
    const requestId = usableId.test(given) ? given : randomHex(32);
    const trace = continueTrace(context.req.header('traceparent'), randomHex);
    context.set('facts', { requestId, trace, startedAt: clock.now() });
    context.set('caller', anonymousCaller);
    await next();
    context.header('x-request-id', requestId);
    context.header('traceparent', trace.traceparent);
    context.header('x-content-type-options', 'nosniff');
    // Makes clients and load balancers reconnect, which leads them to another instance.
    if (isDraining(context)) context.header('connection', 'close');
  };
}
