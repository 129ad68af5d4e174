import { randomUUID } from 'node:crypto';
import kafkajs, { type CompressionTypes as Compression } from 'kafkajs'; // CommonJS: its codecs are no named export
import { compressFrame } from 'lz4-napi';
import { compress } from 'snappy';
import { expect, it } from 'vitest';
import { until } from '../../../primitives/retry-loop.js';
import { divertTo } from '../../../runtime/consumption/consumption.js';
import { startConsumption } from '../../../runtime/consumption/loop.js';
import { followTopics } from '../../../runtime/kafka/read/topic-follower.js';
import { createTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import type { Message } from '../../../runtime/records/message.js';
import { deliveryModes } from '../../../runtime/services.js';
import { topics } from '../../../schemas/topics.js';
import { openTestServices } from '../../support/worker-services.js';
import { storedZstd } from '../kafka/compression/stored-zstd.js';
import { rawRecord } from '../kafka/raw-record.js';

const { CompressionCodecs, CompressionTypes, Partitioners } = kafkajs;

const maxBatchBytes = 2 ** 20;
/** About what a batch and its record need beside the value (bytes). */
const roomForHeaders = 150;
const nearLimitBytes = maxBatchBytes - roomForHeaders;

/** Sends messages with this compression. Fanlight's codecs only read. */
type Send = (
  messages: readonly { readonly key: string; readonly value: Buffer; readonly headers?: Record<string, Buffer> }[],
  compressed?: { readonly type: Compression; readonly compress: (bytes: Buffer) => Buffer | Promise<Buffer> },
) => Promise<void>;

it.each(deliveryModes)(
  'odd records become results or one dead letter each, and block nothing: %s',
  async (delivery) => {
    const fatal: unknown[] = [];
    const services = { ...(await openTestServices('odd-records', (error) => fatal.push(error))), delivery };
    const { kafka, clock, logger, metrics } = services;
    const run = randomUUID();
    const [input, output, letters] = [`odd-in-${run}`, `odd-out-${run}`, topics.deadLetters('backfill')];
    await withAdmin(kafka, async (admin) => {
      const existing = await admin.listTopics();
      const small = [{ name: 'max.message.bytes', value: String(maxBatchBytes) }];
      await createTopics(admin, [
        ...[input, output].map((topic) => ({ topic, numPartitions: 1, configEntries: small })),
        ...(existing.includes(letters) ? [] : [{ topic: letters, numPartitions: 1, configEntries: small }]),
      ]);
    });
    const results: string[] = [];
    const dead: Message[] = [];
    const follow = () =>
      followTopics({
        ...{ kafka, clock, logger, metrics, topics: [output, letters], from: 'end', name: 'odd-records' },
        async onMessage(message) {
          if (message.topic === output) results.push(String(message.key));
          else if (message.headers['__fanlight.errors.topic'] === input) dead.push(message);
        },
      });
    // The broker may not lead the new topics yet.
    const isFinal = (error: unknown) => (error as { type?: string }).type !== 'NOT_LEADER_FOR_PARTITION';
    const backoff = { baseMs: 50, maxMs: 500, jitter: 0 };
    const follower = await until(follow, { clock, random: () => 1, backoff, giveUp: isFinal });
    const consumer = await startConsumption(
      {
        ...{ kind: 'records', group: `odd-records-${run}`, topics: [input], stage: 'odd' },
        laneOf: () => 'backfill',
        // Like `share`, which adds headers to a copy.
        handler: async ({ key, value, headers }) => [
          { topic: output, key, value, headers: { ...headers, 'fl-origin': 'o'.repeat(2 * roomForHeaders) } },
        ],
        failures: divertTo({ input, lane: { name: 'backfill', retryDelays: [] } }),
        window: { items: 100, bytes: 64 * 2 ** 20 },
      },
      services,
    );

    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const send: Send = async (messages, compressed) => {
      const type = compressed?.type ?? CompressionTypes.None;
      if (compressed) {
        const { compress: write } = compressed;
        const codec = CompressionCodecs[compressed.type as Compression.ZSTD]() as object;
        const writing = { ...codec, compress: async ({ buffer }: { buffer: Buffer }) => write(buffer) };
        Object.assign(CompressionCodecs, { [type]: () => writing });
      }
      await producer.send({ topic: input, acks: -1, compression: type, messages: [...messages] });
    };
    const named = (...names: readonly string[]) => names.map((key) => ({ key, value: Buffer.from(key.repeat(50)) }));
    const good = (from: number) => named(...[0, 1, 2, 3].map((index) => `good-${from + index}`));

    await send(good(0));
    await send(named('zstd-0', 'zstd-1'), { type: CompressionTypes.ZSTD, compress: storedZstd });
    await send(good(4));
    await send(named('lz4-0', 'lz4-1'), { type: CompressionTypes.LZ4, compress: (bytes) => compressFrame(bytes) });
    await send(good(8));
    await send(named('snappy-0', 'snappy-1'), { type: CompressionTypes.Snappy, compress: (bytes) => compress(bytes) });
    await send(good(12));
    const nullHeader = rawRecord('null-header', Buffer.from('v'), [['fl-client', null]]);
    await send(named('null-header'), { type: CompressionTypes.ZSTD, compress: () => storedZstd(nullHeader) });
    await send([...good(16), { key: 'binary', value: Buffer.from('v'), headers: { 'fl-job': Buffer.from([0xff]) } }]);
    await send([{ key: 'near-limit', value: Buffer.alloc(nearLimitBytes) }]);
    await send(good(20));

    const lastIsThere = () => [results.includes('good-23'), dead.length >= 2];
    await expect.poll(lastIsThere, { timeout: 20_000 }).toEqual([true, true]);
    const codecs = ['zstd', 'lz4', 'snappy'].flatMap((name) => [`${name}-0`, `${name}-1`]);
    const goodNames = Array.from({ length: 24 }, (_, index) => `good-${index}`);
    expect([...new Set(results)].sort()).toEqual([...goodNames, ...codecs, 'null-header'].sort());
    const codeOf = new Map(dead.map(({ key, headers }) => [String(key), headers['__fanlight.errors.code']]));
    if (delivery === 'transactions') expect(results).toHaveLength(new Set(results).size);
    expect(dead).toHaveLength(2);
    expect(codeOf).toEqual(
      new Map([
        ['binary', 'invalid-event'],
        ['near-limit', 'too-large'],
      ]),
    );
    // The letter has the value, or its size when the topic of dead letters has a small limit too.
    const near = dead.find(({ key }) => String(key) === 'near-limit');
    expect(Number(near?.headers['__fanlight.omitted.bytes'] ?? near?.value?.length)).toBe(nearLimitBytes);
    const { values } = await metrics.consumerRestarts.get();
    expect([fatal, values]).toEqual([[], []]);

    await consumer.stop(1_000);
    await follower.close();
    await producer.disconnect();
    await services.publisher.close();
  },
  60_000,
);
