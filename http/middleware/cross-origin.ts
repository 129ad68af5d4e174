import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { HttpEnv } from '../context.js';

const requestHeaders = [
  ...['authorization', 'x-api-key', 'content-type', 'content-encoding', 'idempotency-key', 'prefer', 'traceparent'],
  ...['x-request-id', 'inference-header-content-length', 'last-event-id'],
];
const answerHeaders = [
  ...['location', 'link', 'retry-after', 'ratelimit', 'ratelimit-policy', 'server-timing', 'x-request-id'],
  ...['preference-applied', 'idempotency-replayed', 'inference-header-content-length', 'www-authenticate'],
];
/** Chromium keeps the answer to a preflight for two hours at most (s). */
const maxAge = 7_200;

/** Lets pages of these origins read answers (CORS of the Fetch Standard). A preflight needs no key. */
export function crossOrigin(allowedOrigins: readonly string[]): MiddlewareHandler<HttpEnv> {
  const answer = cors({
    origin: allowedOrigins.includes('*') ? '*' : [...allowedOrigins],
    allowMethods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowHeaders: requestHeaders,
    exposeHeaders: answerHeaders,
    maxAge,
  });
  return function crossOrigin(context, next) {
    const { req } = context;
    // Any other OPTIONS request asks for the methods of the path.
    const isPreflight = req.header('origin') !== undefined && req.header('access-control-request-method') !== undefined;
    return req.method === 'OPTIONS' && !isPreflight ? next() : answer(context, next);
  };
}
