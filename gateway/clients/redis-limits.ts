import type { Redis } from 'ioredis';
import type { Clock } from '../../primitives/clock.js';
import type { RandomHex } from '../../primitives/trace-context.js';
import { boundedSumScript, takePlaceScript, tokenBucketScript } from './limit-scripts.js';
import type { Limits } from './limits.js';
import { createSharedCounter } from './shared-counter.js';

export interface RedisLimitsOptions {
  readonly redis: Redis;
  /** In front of every key. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly randomHex: RandomHex;
}

const daySeconds = 86_400;

/**
 * How long the place of a gateway that died stays taken, milliseconds. Longer than any request lasts: a minute to send it and
 * the longest deadline.
 */
const leaseMs = 180_000;

/** When a refused place may be free, milliseconds: nobody knows, so this is a guess. */
const placeWaitMs = 1_000;

/** Limits of clients over all gateways that share a Redis. */
export function createRedisLimits({ redis, prefix, clock, randomHex }: RedisLimitsOptions): Limits & { close(): void } {
  const connections = [redis.duplicate(), redis.duplicate()] as const;
  // The first connection tells of outages.
  for (const connection of connections) connection.on('error', () => undefined);
  const takeRequests = createSharedCounter({ redis: connections[0], prefix: `${prefix}gateway:rate`, script: tokenBucketScript });
  const takeImages = createSharedCounter({ redis: connections[1], prefix: `${prefix}gateway:images`, script: boundedSumScript });
  const places = new Map<string, number>();

  function takeOwnPlace(client: string, concurrency: number) {
    const taken = places.get(client) ?? 0;
    if (taken >= concurrency) return noPlace;
    places.set(client, taken + 1);
    return {
      granted: true,
      remaining: concurrency - taken - 1,
      waitMs: 0,
      release() {
        const now = (places.get(client) ?? 1) - 1;
        if (now === 0) places.delete(client);
        else places.set(client, now);
      },
    };
  }

  return {
    takeRequest: (client, { perSecond, burst }) => takeRequests(client, 1, { limit: burst, seconds: burst / perSecond }),

    async takePlace(client, concurrency) {
      const key = `${prefix}gateway:places:${client}`;
      const lease = randomHex(16);
      let left: number;
      try {
        left = (await redis.eval(takePlaceScript, 1, key, concurrency, lease, leaseMs)) as number;
      } catch {
        return takeOwnPlace(client, concurrency); // Redis is away, and its connection tells so
      }
      if (left < 0) return noPlace;
      return {
        granted: true,
        remaining: left,
        waitMs: 0,
        release() {
          redis.zrem(key, lease).catch(() => undefined); // the lease ends by itself
        },
      };
    },

    async takeImages(client, imagesPerDay, count) {
      const now = new Date(clock.now());
      const day = now.toISOString().slice(0, 10);
      const standing = await takeImages(`${client}:${day}`, count, { limit: imagesPerDay, seconds: daySeconds });
      const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
      return { ...standing, waitMs: midnight - now.getTime() };
    },

    close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}

const noPlace = { granted: false, remaining: 0, waitMs: placeWaitMs, release: () => undefined };
