import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../primitives/clock.js';
import type { Tag } from '../../../schemas/events.js';
import { redisSinkConfig } from '../../../sinks/redis/config.js';
import { createRedisSink } from '../../../sinks/redis/sink.js';
import { sinkConformance } from '../conformance.js';
import { addressOf, cuttableProxy, throughProxy } from '../cuttable-proxy.js';
import { heldLink } from '../held-link.js';
import { startOfTime, tagRecord } from '../records.js';
import { storeAddress } from '../store-address.js';
import { distinct, type StoredResult } from '../stored-result.js';

const url = storeAddress('FANLIGHT_TEST_SINK_REDIS_URL');

interface PipelineResult {
  readonly pipeline: string;
  readonly roomType: { readonly name: string } | null;
  readonly tags: readonly Tag[];
}

async function keysUnder(client: Redis, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of client.scanStream({ match: `${prefix}*`, count: 1_000 })) keys.push(...(page as string[]));
  return keys;
}

async function readPhoto(client: Redis, key: string, prefix: string): Promise<readonly StoredResult[]> {
  if ((await client.type(key)) !== 'hash') return [];
  const photo = await client.hgetall(key);
  const imageId = key.slice(`${prefix}photo:`.length);
  const names = JSON.parse(photo['pipelines'] ?? '[]') as readonly string[];
  return names.map((name) => {
    const result = JSON.parse(photo[`result:${name}`] ?? 'null') as PipelineResult;
    return {
      imageId,
      listingId: photo['listingId'] ?? '',
      pipeline: result.pipeline,
      roomType: result.roomType?.name ?? null,
      tags: distinct(result.tags.map((tag) => tag.name)),
    };
  });
}

describe.skipIf(url === undefined)('Redis', () => {
  if (url === undefined) return;
  const reader = new Redis(url, { lazyConnect: true });
  beforeAll(() => reader.connect());
  afterAll(() => reader.disconnect());

  sinkConformance({
    name: 'redis',
    keeps: 'latest',
    async fixture(scope) {
      const proxy = await cuttableProxy(addressOf(url, 6379));
      const settings = { url: throughProxy(url, proxy), prefix: `${scope}:` };
      return {
        proxy,
        create: (timeoutMs) => createRedisSink(redisSinkConfig({ ...settings, timeoutMs }), { clock: systemClock }),
        async former() {
          const link = await heldLink(addressOf(url, 6379));
          const config = redisSinkConfig({ ...settings, url: throughProxy(url, link), timeoutMs: 30_000 });
          return {
            link,
            sink: createRedisSink(config, { clock: systemClock }),
            writesOf: (records) => ({
              connections: 1,
              isWrite: (bytes) => bytes.includes('evalsha'),
              isWhole: (request) => request.toString('latin1').split('evalsha').length > records,
              isAnswered: (answer) => answer.toString('latin1').split('\r\n').length > records,
            }),
          };
        },
        async read() {
          const keys = await keysUnder(reader, `${settings.prefix}photo:`);
          return (await Promise.all(keys.map((key) => readPhoto(reader, key, settings.prefix)))).flat();
        },
        async spoil(record) {
          await reader.set(`${settings.prefix}photo:${record.value.imageId}`, 'not a hash');
          return record;
        },
        async dispose() {
          const keys = await keysUnder(reader, settings.prefix);
          if (keys.length > 0) await reader.unlink(...keys);
          await proxy.close();
        },
      };
    },
  });

  describe('sets of photos', () => {
    const prefix = `sets-${process.pid}:`;
    const sink = createRedisSink(redisSinkConfig({ url, prefix }), { clock: systemClock });
    const tag = (name: string): Tag => ({ name, score: 0.9, model: 'scene@1', box: null });
    beforeAll(() => sink.open());
    afterAll(async () => {
      await reader.unlink(...(await keysUnder(reader, prefix)));
      await sink.close();
    });

    async function setsOf(imageId: string): Promise<readonly string[]> {
      const keys = (await keysUnder(reader, prefix)).filter((key) => !key.startsWith(`${prefix}photo:`));
      const members = await Promise.all(keys.map((key) => reader.sismember(key, imageId)));
      return keys
        .filter((_, at) => members[at] === 1)
        .map((key) => key.slice(prefix.length))
        .sort();
    }

    const result = (imageId: string, pipeline: string, day: number, names: readonly string[], room: string | null) =>
      tagRecord(0, {
        imageId,
        pipeline,
        listingId: 'L1',
        eventTime: startOfTime + day * 86_400_000,
        tags: names.map(tag),
        roomType: room === null ? null : { name: room, score: 0.9 },
      });

    test('a newer result removes the photo from sets that it no longer belongs to', async () => {
      await sink.write([result('lost', 'p@1', 1, ['stove', 'sink'], 'kitchen')]);
      await sink.write([result('lost', 'p@2', 2, ['sink', 'bath'], 'bathroom')]);
      expect(await setsOf('lost')).toEqual(['listing:L1', 'room:bathroom', 'tag:bath', 'tag:sink']);
    });

    test('a photo stays in the set of a tag that another pipeline still gives', async () => {
      await sink.write([result('shared', 'p@1', 1, ['stove', 'sink'], 'kitchen')]);
      await sink.write([result('shared', 'q@1', 1, ['stove', 'lamp'], null)]);
      await sink.write([result('shared', 'p@1', 2, ['oven'], null)]);
      expect(await setsOf('shared')).toEqual(['listing:L1', 'tag:lamp', 'tag:oven', 'tag:stove']);
      await sink.write([result('shared', 'q@1', 3, [], null)]);
      expect(await setsOf('shared')).toEqual(['listing:L1', 'tag:oven']);
    });

    test('takes the fields of a photo from the same one of two pipelines of one time, in any order', async () => {
      const later = { ...result('tied', 'a@1', 1, [], null), id: 'a' };
      const other = { ...result('tied', 'b@1', 1, [], null), id: 'Z' };
      const results = [later, { ...other, value: { ...other.value, taggedAt: startOfTime } }];
      for (const order of [results, results.toReversed()]) {
        await reader.del(`${prefix}photo:tied`);
        for (const one of order) await sink.write([one]);
        const [id, taggedAt] = await reader.hmget(`${prefix}photo:tied`, 'resultId', 'taggedAt');
        expect([id, taggedAt]).toEqual(['a', String(later.value.taggedAt)]);
      }
    });

    test('sends the script again when Redis has lost it', async () => {
      await reader.script('FLUSH');
      expect(await sink.write([result('noscript', 'p@1', 1, ['stove'], null)])).toEqual([]);
      expect(await setsOf('noscript')).toEqual(['listing:L1', 'tag:stove']);
    });
  });
});
