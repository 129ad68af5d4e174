import type { Redis } from 'ioredis';
import type { DeliveredItems } from './delivered-items.js';
import { FanlightError } from '../../schemas/failure.js';

/** As long as the topic job-progress is kept, seconds. */
const keptSeconds = 30 * 86_400;

/** A bitmap a job, by position: an eighth of a byte an image. @param prefix in front of keys, such as `fl:` */
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
    message: `What was delivered to callbacks cannot be kept in Redis: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: 'Start the Redis of FANLIGHT_REDIS_URL; Fanlight tries again.',
    cause,
  });
}
