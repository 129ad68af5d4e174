import type { Redis } from 'ioredis';
import type { DeliveredItems } from './delivered-items.js';
import { FanlightError } from '../../schemas/failure.js';
import { callbackDeliveries } from '../../topology/callbacks.js';

/** Retention of the records whose deliveries these items belong to (s). */
const keptSeconds = callbackDeliveries.retentionMs / 1_000;

/**
 * Keeps one bitmap per job, with one bit per image.
 *
 * @param prefix of every key, such as `fl:`
 */
export function createRedisDeliveredItems(redis: Redis, prefix: string): DeliveredItems {
  const keyOf = (job: string) => `${prefix}callbacks:delivered:${job}`;
  return {
    async add(job, items) {
      const key = keyOf(job);
      const pipeline = redis.pipeline();
      for (const item of items) pipeline.setbit(key, item, 1);
      pipeline.expire(key, keptSeconds);
      const answers = await ask(() => pipeline.exec());
      const failure = answers?.find(([error]) => error !== null)?.[0];
      if (failure) throw unavailable(failure);
    },
    count: (job) => ask(() => redis.bitcount(keyOf(job))),
  };
}

async function ask<Answer>(command: () => Promise<Answer>): Promise<Answer> {
  try {
    return await command();
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): FanlightError {
  return new FanlightError({
    code: 'store-unavailable',
    message: `The state of callback deliveries cannot be kept in Redis: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: 'Start the Redis of FANLIGHT_REDIS_URL. Fanlight retries.',
    cause,
  });
}
