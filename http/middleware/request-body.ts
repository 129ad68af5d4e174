import type { MiddlewareHandler } from 'hono';
import type { BodyMemory } from '../bodies/memory.js';
import { bodyOfIncoming, bodyOfRequest } from '../bodies/request-body.js';
import type { HttpEnv } from '../context.js';

/** Gives routes the body of the request, and gives back the memory of it once there is an answer. */
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
