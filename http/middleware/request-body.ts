import type { MiddlewareHandler } from 'hono';
import type { BodyMemory } from '../bodies/memory.js';
import { bodyOfIncoming, bodyOfRequest } from '../bodies/request-body.js';
import type { HttpEnv } from '../context.js';

/** Sets the body of the request for routes, and releases its memory once there is an answer. */
export function requestBody(memory: BodyMemory): MiddlewareHandler<HttpEnv> {
  return async function requestBody(context, next) {
    const held = memory.hold(() => context.get('caller').client);
    const { env } = context;
    context.set('body', env === undefined ? bodyOfRequest(context.req.raw, held) : bodyOfIncoming(env.incoming, held));
    try {
      await next();
    } finally {
      held.release();
    }
  };
}
