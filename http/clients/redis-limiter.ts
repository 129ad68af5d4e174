import type { Redis } from 'ioredis';
import type { Clock } from '../../primitives/clock.js';
import type { RandomHex } from '../../primitives/trace-context.js';
import { createLeases } from './leases.js';
import { boundedSumScript, renewSlotsScript, takeSlotScript, tokenBucketScript } from './limit-scripts.js';
import type { ClientLimiter, SlotKind } from './limiter.js';
import { createSharedCounter } from './shared-counter.js';

export interface RedisLimiterOptions {
  readonly redis: Redis;
  /** Prefix of every key. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly randomHex: RandomHex;
  /** Time (ms) for which the slots of a crashed gateway stay taken. */
  readonly leaseMs?: number;
}

const daySeconds = 86_400;

/** Default lease (ms). Gateways renew the leases of their slots, because streams and lines of jobs last for hours. */
const defaultLeaseMs = 180_000;
const renewalsPerLease = 3;

/** Estimated time (ms) until a slot is free. The actual time is unknown. */
const slotWaitMs = 1_000;

/** Limits of clients over all gateways that share a Redis. */
export function createRedisLimiter(options: RedisLimiterOptions): ClientLimiter & { close(): void } {
  const { redis, prefix, clock, randomHex, leaseMs = defaultLeaseMs } = options;
  const connections = [redis.duplicate(), redis.duplicate()] as const;
  // Only the first connection reports outages.
  for (const connection of connections) connection.on('error', () => undefined);
  const takeRequests = createSharedCounter({
    redis: connections[0],
    prefix: `${prefix}gateway:rate`,
    script: tokenBucketScript,
  });
  const takeImages = createSharedCounter({
    redis: connections[1],
    prefix: `${prefix}gateway:images`,
    script: boundedSumScript,
  });
  const localSlots = new Map<string, number>();
  const leases = createLeases({
    clock,
    renewEveryMs: leaseMs / renewalsPerLease,
    renew: (key, held) => redis.eval(renewSlotsScript, 1, key, leaseMs, ...held),
  });

  function takeLocalSlot(key: string, most: number) {
    const taken = localSlots.get(key) ?? 0;
    if (taken >= most) return noSlot;
    localSlots.set(key, taken + 1);
    return {
      granted: true,
      remaining: most - taken - 1,
      waitMs: 0,
      release() {
        const now = (localSlots.get(key) ?? 1) - 1;
        if (now === 0) localSlots.delete(key);
        else localSlots.set(key, now);
      },
    };
  }

  return {
    takeRequest: (client, { perSecond, burst }) =>
      takeRequests(client, 1, { limit: burst, seconds: burst / perSecond }),

    async takeSlot(client, most, kind = 'requests') {
      const key = `${prefix}gateway:${setOf[kind]}:${client}`;
      const lease = randomHex(16);
      let left: number;
      try {
        left = (await redis.eval(takeSlotScript, 1, key, most, lease, leaseMs)) as number;
      } catch {
        return takeLocalSlot(key, most); // Redis is unreachable; its connection reports that
      }
      if (left < 0) return noSlot;
      const letGo = leases.hold(key, lease);
      return {
        granted: true,
        remaining: left,
        waitMs: 0,
        release() {
          letGo();
          redis.zrem(key, lease).catch(() => undefined); // the lease expires
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
      leases.close();
      for (const connection of connections) connection.disconnect();
    },
  };
}

/** Names of the sorted sets of leases. */
const setOf = { requests: 'places', streams: 'streams' } as const satisfies Record<SlotKind, string>;

const noSlot = { granted: false, remaining: 0, waitMs: slotWaitMs, release: () => undefined };
