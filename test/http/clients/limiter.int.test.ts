import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import type { Standing } from '../../../http/clients/limiter.js';
import { connectRedis } from '../../../adapters/redis-connection.js';
import { createRedisLimiter } from '../../../http/clients/redis-limiter.js';
import { sleep, systemClock } from '../../../primitives/clock.js';
import { addressOf, cuttableProxy, throughProxy } from '../../sinks/cuttable-proxy.js';
import { storeAddress } from '../../sinks/store-address.js';
import { manualClock } from '../../gateway/harness.js';

const url = storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const newPrefix = () => `test-${randomUUID()}:`;

/** The limits of one gateway with its connection. */
async function openLimits(prefix: string, address = url, leaseMs?: number) {
  const redis = connectRedis({ url: address });
  const clock = manualClock();
  const options = { redis, prefix, randomHex: () => randomUUID() };
  // A lease needs the system clock, because Redis measures it by its own clock.
  const limits = createRedisLimiter(
    leaseMs === undefined ? { ...options, clock } : { ...options, clock: systemClock, leaseMs },
  );
  closing.push(
    () => limits.close(),
    () => redis.disconnect(),
  );
  const raw = new Redis(url);
  closing.push(() => raw.disconnect());
  /** Whether the limits count in Redis. Connections open in the background, so tests wait for them. */
  const shared = async () => {
    const name = randomUUID();
    await limits.takeImages(name, 1, 1);
    await limits.takeRequest(name, { perSecond: 0.001, burst: 1 });
    return (await raw.keys(`${prefix}gateway:*:${name}*`)).length === 2;
  };
  await expect.poll(shared).toBe(true);
  return { limits, clock, raw, shared };
}

const grantedOf = (standings: readonly Standing[]) => standings.filter(({ granted }) => granted).length;
const alternately = <T>(both: readonly [T, T], count: number) =>
  Array.from({ length: count }, (_, index) => both[index % 2] as T);

describe('limits that two gateways share', () => {
  it('grant the rate and its burst, accurate to 1 %', async () => {
    const prefix = newPrefix();
    const one = await openLimits(prefix);
    const two = await openLimits(prefix);
    const rate = { perSecond: 500, burst: 500 };
    const redisTime = async () => {
      const [seconds, micros] = await one.raw.time();
      return Number(seconds) * 1_000 + Number(micros) / 1_000;
    };
    let granted = 0;
    const begun = await redisTime();
    while ((await redisTime()) - begun < 2_000) {
      granted += grantedOf(
        await Promise.all(alternately([one, two], 50).map(({ limits }) => limits.takeRequest('shop', rate))),
      );
    }
    const { waitMs } = await one.limits.takeRequest('shop', rate);
    const expected = rate.burst + (rate.perSecond * ((await redisTime()) - begun)) / 1_000;
    expect(granted / expected).toBeGreaterThan(0.99);
    expect(granted / expected).toBeLessThan(1.01);
    expect(waitMs).toBeGreaterThan(0);
  });

  it('return the time until a refused request would be granted', async () => {
    const { limits } = await openLimits(newPrefix());
    const rate = { perSecond: 0.001, burst: 2 };
    const standings = [
      await limits.takeRequest('shop', rate),
      await limits.takeRequest('shop', rate),
      await limits.takeRequest('shop', rate),
    ];
    expect(
      standings.map(({ granted, remaining, waitMs }) => [granted, remaining, Math.round(waitMs / 100_000)]),
    ).toEqual([
      [true, 1, 10],
      [true, 0, 20],
      [false, 0, 10],
    ]);
  });

  it('grant exactly the images of a day, and new ones on the next day', async () => {
    const prefix = newPrefix();
    const one = await openLimits(prefix);
    const two = await openLimits(prefix);
    expect(
      grantedOf(await Promise.all(alternately([one, two], 600).map(({ limits }) => limits.takeImages('shop', 500, 1)))),
    ).toBe(500);
    expect((await one.limits.takeImages('shop', 500, 1)).waitMs).toBe(Date.UTC(2023, 10, 15) - one.clock.now());
    one.clock.advance(86_400_000);
    expect(await one.limits.takeImages('shop', 500, 1)).toMatchObject({ granted: true, remaining: 499 });
  });

  it('do not count the images that they refuse', async () => {
    const { limits } = await openLimits(newPrefix());
    const take = async (count: number) => {
      const { granted, remaining } = await limits.takeImages('shop', 20, count);
      return [granted, remaining];
    };
    expect([await take(16), await take(16), await take(4), await take(1)]).toEqual([
      [true, 4],
      [false, 4],
      [true, 0],
      [false, 0],
    ]);
  });

  it('bound requests in flight over both gateways, and free the slots of a crashed one', async () => {
    const prefix = newPrefix();
    const one = await openLimits(prefix);
    const two = await openLimits(prefix);
    const slots = await Promise.all(alternately([one, two], 9).map(({ limits }) => limits.takeSlot('shop', 5)));
    expect(grantedOf(slots)).toBe(5);
    slots.find(({ granted }) => granted)?.release();
    await expect.poll(async () => (await two.limits.takeSlot('shop', 5)).granted).toBe(true);
    expect((await one.limits.takeSlot('shop', 5)).granted).toBe(false);

    const key = `${prefix}gateway:places:shop`;
    const [lease = ''] = await one.raw.zrange(key, '0', '0');
    await one.raw.zadd(key, 1, lease);
    expect((await two.limits.takeSlot('shop', 5)).granted).toBe(true);
  });
});

describe('a slot that is held beyond its lease', () => {
  const leaseMs = 1_200;
  const isFree = async ({ limits }: Awaited<ReturnType<typeof openLimits>>) => {
    const { granted, release } = await limits.takeSlot('shop', 1);
    release();
    return granted;
  };
  /** Checks for a free slot during three leases. */
  async function isFreeWithin(other: Awaited<ReturnType<typeof openLimits>>) {
    for (let polls = 0; polls < 30; polls += 1) {
      if (await isFree(other)) return true;
      await sleep(systemClock, leaseMs / 10);
    }
    return false;
  }

  it('stays taken until it is released', async () => {
    const prefix = newPrefix();
    const one = await openLimits(prefix, url, leaseMs);
    const two = await openLimits(prefix, url, leaseMs);
    const slot = await one.limits.takeSlot('shop', 1);
    expect([slot.granted, await isFreeWithin(two)]).toEqual([true, false]);
    slot.release();
    await expect.poll(() => isFree(two)).toBe(true);
  });

  it('is free after one lease when its gateway has crashed', async () => {
    const prefix = newPrefix();
    const one = await openLimits(prefix, url, leaseMs);
    const two = await openLimits(prefix, url, leaseMs);
    await one.limits.takeSlot('shop', 1);
    one.limits.close();
    expect([await isFree(two), await isFreeWithin(two)]).toEqual([false, true]);
  });

  it('is taken again after an outage of Redis that was longer than the lease', async () => {
    const prefix = newPrefix();
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const one = await openLimits(prefix, throughProxy(url, proxy), leaseMs);
    const two = await openLimits(prefix, url, leaseMs);
    const slot = await one.limits.takeSlot('shop', 1);
    await proxy.cut();
    await expect.poll(() => isFree(two), { timeout: 10_000 }).toBe(true);
    await proxy.restore();
    await expect.poll(() => isFree(two), { timeout: 10_000 }).toBe(false);
    expect(await isFreeWithin(two)).toBe(false);
    slot.release();
    await expect.poll(() => isFree(two)).toBe(true);
  });
});

describe('during an outage of Redis, each gateway', () => {
  it('counts for itself, and shares counts again after the outage', async () => {
    const prefix = newPrefix();
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const one = await openLimits(prefix, throughProxy(url, proxy));
    const two = await openLimits(prefix);
    const rate = { perSecond: 0.001, burst: 4 };
    const takeAll = async ({ limits }: typeof one) => ({
      requests: grantedOf(await Promise.all(Array.from({ length: 9 }, () => limits.takeRequest('shop', rate)))),
      images: grantedOf(await Promise.all(Array.from({ length: 9 }, () => limits.takeImages('shop', 6, 1)))),
      slots: grantedOf(await Promise.all(Array.from({ length: 9 }, () => limits.takeSlot('shop', 3)))),
    });
    const whole = { requests: 4, images: 6, slots: 3 };
    const none = { requests: 0, images: 0, slots: 0 };
    expect(await takeAll(one)).toEqual(whole);
    expect(await takeAll(two)).toEqual(none);
    await proxy.cut();
    await expect.poll(one.shared).toBe(false);
    expect(await takeAll(one)).toEqual(whole);
    expect(await takeAll(one)).toEqual(none);
    await proxy.restore();
    await expect.poll(one.shared, { timeout: 10_000 }).toBe(true);
    expect(await takeAll(one)).toEqual(none);
  });

  it('releases a slot that it granted without Redis', async () => {
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const { limits, shared } = await openLimits(newPrefix(), throughProxy(url, proxy));
    await proxy.cut();
    await expect.poll(shared).toBe(false);
    const slot = await limits.takeSlot('shop', 1);
    expect([slot.granted, (await limits.takeSlot('shop', 1)).granted]).toEqual([true, false]);
    slot.release();
    expect((await limits.takeSlot('shop', 1)).granted).toBe(true);
  });

  it('does not wait for a Redis that hangs', async () => {
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const { limits } = await openLimits(newPrefix(), throughProxy(url, proxy));
    proxy.stall();
    const begun = performance.now();
    const standings = [
      await limits.takeRequest('shop', { perSecond: 1, burst: 1 }),
      await limits.takeImages('shop', 1, 1),
      await limits.takeSlot('shop', 1),
    ];
    expect(grantedOf(standings)).toBe(3);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
