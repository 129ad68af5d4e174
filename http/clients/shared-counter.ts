import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Standing } from './limiter.js';

export interface SharedCounterOptions {
  /** A connection of this counter alone, because the library registers its script under a fixed name. */
  readonly redis: Redis;
  readonly prefix: string;
  /** See limit-scripts.ts. */
  readonly script: string;
}

export interface Quota {
  readonly limit: number;
  /** At least 1. */
  readonly seconds: number;
}

/**
 * A limiter in Redis for any number of limits. While Redis is unreachable, each process counts in memory, in fixed
 * windows that start at zero.
 */
export function createSharedCounter({ redis, prefix, script }: SharedCounterOptions) {
  const limiters = new Map<string, RateLimiterRedis>();

  function limiterOf({ limit, seconds }: Quota): RateLimiterRedis {
    const name = `${limit}/${seconds}`;
    const known = limiters.get(name);
    if (known) return known;
    const window = { keyPrefix: prefix, points: limit, duration: seconds };
    const limiter = new RateLimiterRedis({
      ...window,
      storeClient: redis,
      customIncrTtlLuaScript: script,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(window),
    });
    limiters.set(name, limiter);
    return limiter;
  }

  return async function take(key: string, count: number, quota: Quota): Promise<Standing> {
    try {
      const { remainingPoints, msBeforeNext } = await limiterOf(quota).consume(key, count);
      return { granted: true, remaining: remainingPoints, waitMs: msBeforeNext };
    } catch (thrown) {
      if (!(thrown instanceof RateLimiterRes)) throw thrown;
      // Scripts and memory return the amount including the refused part. Subtracting that part gives the actual amount.
      const remaining = Math.max(0, quota.limit - (thrown.consumedPoints - count));
      return { granted: false, remaining: Math.min(remaining, count - 1), waitMs: thrown.msBeforeNext };
    }
  };
}
