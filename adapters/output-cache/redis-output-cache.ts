import { Redis } from 'ioredis';
import type { Clock } from '../../primitives/clock.js';
import type { OutputCache } from '../../processors/ports.js';

export interface RedisOutputCacheOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Start of every key. */
  readonly prefix: string;
  /** Upper bound of photos with cached outputs, about 15 kB each. The least recently used photo is removed first. */
  readonly maxPhotos: number;
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly onLookup?: (hits: number, misses: number) => void;
  /** Observer of failed calls. The task continues without the cache. */
  readonly onFailure: (error: Error) => void;
}

/** Timeout of a call (ms). After this time, running the model again is the better choice. */
const timeoutMs = 250;

/** Version of the stored form. It is raised when the form of packed values changes. */
const form = 1;

/** Keeps in Redis a hash for each photo (operation identity → packed value), and a sorted set of photos by last use. */
export function createRedisOutputCache(options: RedisOutputCacheOptions): OutputCache & { close(): Promise<void> } {
  const { prefix, maxPhotos, maxAgeMs, clock, onFailure } = options;
  const keyOf = (content: string) => `${prefix}outputs:${form}:${content}`;
  const index = `${prefix}outputs:${form}:index`;
  const client = new Redis(options.url, {
    commandTimeout: timeoutMs,
    connectTimeout: 2_000,
    // While there is no connection, commands fail at once.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(100 * times, 2_000),
  });
  client.on('error', onFailure);

  async function orElse<T>(nothing: T, ask: () => Promise<T>): Promise<T> {
    if (client.status !== 'ready') return nothing; // the connection has reported its own error
    try {
      return await ask();
    } catch (error) {
      onFailure(error as Error);
      return nothing;
    }
  }

  async function trim(): Promise<void> {
    const tooMany = (await client.zcard(index)) - maxPhotos;
    const old = await client.zrangebyscore(index, '-inf', String(clock.now() - maxAgeMs), 'LIMIT', 0, 100);
    const least = tooMany > 0 ? await client.zrange(index, 0, String(tooMany - 1)) : [];
    const leaving = [...new Set([...old, ...least])];
    if (leaving.length > 0)
      await client
        .pipeline()
        .zrem(index, ...leaving)
        .unlink(...leaving.map(keyOf))
        .exec();
  }

  return {
    get(content, ids) {
      return orElse(new Map(), async () => {
        const values = await client.hmgetBuffer(keyOf(content), ...ids);
        const found = ids.flatMap((id, at) => {
          const value = values[at];
          return value ? [[id, value] as const] : [];
        });
        options.onLookup?.(found.length, ids.length - found.length);
        if (found.length > 0) await client.zadd(index, 'XX', clock.now(), content);
        return new Map(found);
      });
    },
    put(content, outputs) {
      return orElse(undefined, async () => {
        const key = keyOf(content);
        const fields = [...outputs].flatMap(([id, value]) => [
          id,
          Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        ]);
        await client
          .pipeline()
          .hset(key, ...fields)
          .pexpire(key, maxAgeMs)
          .zadd(index, clock.now(), content)
          .exec();
        await trim();
      });
    },
    async close() {
      await client.quit().catch(() => client.disconnect()); // quit fails without a connection
    },
  };
}
