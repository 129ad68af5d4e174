import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { createRedisOutputCache } from '../../adapters/output-cache/redis-output-cache.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { addressOf, cuttableProxy, throughProxy } from '../sinks/cuttable-proxy.js';
import { storeAddress } from '../sinks/store-address.js';

const url = storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open({ address = url, maxPhotos = 10, maxAgeMs = 60_000 } = {}) {
  const clock = createManualClock();
  const prefix = `test-${randomUUID()}:`;
  const failures: string[] = [];
  const lookups = { hits: 0, misses: 0 };
  const cache = createRedisOutputCache({
    url: address,
    prefix,
    maxPhotos,
    maxAgeMs,
    clock,
    onLookup(hits, misses) {
      lookups.hits += hits;
      lookups.misses += misses;
    },
    onFailure: ({ message }) => failures.push(message),
  });
  closing.push(() => cache.close());
  const client = new Redis(url);
  closing.push(() => client.quit());
  const bytes = (text: string) =>
    new Map([
      ['scene', Buffer.from(text)],
      ['facts', Buffer.from([0, 255, 1])],
    ]);
  const has = async (content: string) => (await cache.get(content, ['scene'])).size > 0;
  // The client connects in the background.
  await expect
    .poll(async () => {
      await cache.put('probe', bytes('probe'));
      return has('probe');
    })
    .toBe(true);
  await client.del(`${prefix}outputs:1:probe`, `${prefix}outputs:1:index`);
  return { cache, clock, client, prefix, failures, lookups, bytes, has };
}

describe('the output cache in Redis', () => {
  it('returns the stored bytes of the requested outputs that it has', async () => {
    const { cache, bytes, lookups } = await open();
    await cache.put('a', bytes('scores'));
    lookups.hits = lookups.misses = 0;
    expect(await cache.get('a', ['facts', 'scene', 'objects'])).toEqual(
      new Map([
        ['facts', Buffer.from([0, 255, 1])],
        ['scene', Buffer.from('scores')],
      ]),
    );
    expect(await cache.get('b', ['scene'])).toEqual(new Map());
    expect(lookups).toEqual({ hits: 2, misses: 2 });
  });

  it('removes the least recently used photo above the upper bound', async () => {
    const { cache, clock, bytes, has, client, prefix } = await open({ maxPhotos: 2 });
    for (const content of ['a', 'b']) {
      clock.advance(1);
      await cache.put(content, bytes(content));
    }
    clock.advance(1);
    expect(await has('a')).toBe(true);
    clock.advance(1);
    await cache.put('c', bytes('c'));
    expect([await has('a'), await has('b'), await has('c')]).toEqual([true, false, true]);
    expect((await client.keys(`${prefix}*`)).length).toBe(3); // two photos and the index
  });

  it('removes photos above the maximum age, and their index entries', async () => {
    const { cache, clock, bytes, has, client, prefix } = await open({ maxAgeMs: 60_000 });
    await cache.put('a', bytes('a'));
    expect(await client.pttl(`${prefix}outputs:1:a`)).toBeGreaterThan(50_000);
    clock.advance(60_001);
    await cache.put('b', bytes('b'));
    expect([await has('a'), await has('b')]).toEqual([false, true]);
    expect(await client.zrange(`${prefix}outputs:1:index`, 0, '-1')).toEqual(['b']);
  });

  it('misses while Redis is away, and hits again when Redis is back', async () => {
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const { cache, bytes, has, failures } = await open({ address: throughProxy(url, proxy) });
    await cache.put('a', bytes('a'));
    await proxy.cut();
    await expect.poll(() => has('a')).toBe(false);
    await cache.put('b', bytes('b'));
    expect(failures.length).toBeGreaterThan(0);
    await proxy.restore();
    await expect.poll(() => has('a'), { timeout: 10_000 }).toBe(true);
  });

  it('gives up on a command when Redis hangs', async () => {
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const { cache, bytes, has, failures } = await open({ address: throughProxy(url, proxy) });
    await cache.put('a', bytes('a'));
    proxy.stall();
    expect(await has('a')).toBe(false);
    expect(failures).toEqual(['Command timed out']);
    await proxy.restore();
  });
});
