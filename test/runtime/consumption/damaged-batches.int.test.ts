import { randomUUID } from 'node:crypto';
import kafkajs, { type CompressionTypes as Compression } from 'kafkajs'; // CommonJS: its codecs are no named export
import { expect, it } from 'vitest';
import { divertTo, type RecordConsumption } from '../../../runtime/consumption/consumption.js';
import { startConsumption } from '../../../runtime/consumption/loop.js';
import { readRanges, wholeTopics } from '../../../runtime/kafka/read/ranges.js';
import { followTopics } from '../../../runtime/kafka/read/topic-follower.js';
import { createTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import type { Message } from '../../../runtime/records/message.js';
import { topics } from '../../../schemas/topics.js';
import { openTestServices, serverAddress } from '../../support/worker-services.js';
import { kafkaWithAlteredFetches, type Alteration } from '../kafka/altered-fetches.js';
import { zstdWithZeros } from '../kafka/compression/stored-zstd.js';
import { withChecksum } from '../kafka/raw-batch.js';
import { lengthAndBytes, varint } from '../kafka/raw-record.js';

const { CompressionCodecs, CompressionTypes, Partitioners } = kafkajs;
const bombBytes = 200 * 2 ** 20;

/** Alterations by the first key of their batch. */
const alterations = new Map<string, Alteration>([
  ['wrong-checksum', (batch) => void (batch[batch.length - 1]! ^= 1)],
  [
    'unknown-codec',
    (batch) => {
      batch.writeInt16BE(6, 21);
      withChecksum(batch);
    },
  ],
  [
    'malformed-last',
    (batch) => {
      batch[batch.length - 1] = 2; // one header, which is not there
      withChecksum(batch);
    },
  ],
]);

/** The records of a batch in zstd: one record, whose value is 200 MiB of zeros. */
function bomb(): Buffer {
  const head = Buffer.concat([Buffer.from([0, 0, 0]), lengthAndBytes(Buffer.from('bomb')), varint(bombBytes)]);
  const zeros = bombBytes + 1; // the number of headers is a zero too
  return zstdWithZeros(Buffer.concat([varint(head.length + zeros), head]), zeros);
}

it('batches that cannot be decoded become one dead letter each, and block no consumer', async () => {
  const fatal: unknown[] = [];
  const opened = await openTestServices('damaged-batches', (error) => fatal.push(error));
  const { clock, logger, metrics } = opened;
  const kafka = kafkaWithAlteredFetches(serverAddress('KAFKA_BROKERS').split(','), alterations);
  const services = { ...opened, kafka };
  const run = randomUUID();
  const [input, letters] = [`damaged-${run}`, topics.deadLetters('backfill')];
  await withAdmin(opened.kafka, async (admin) => {
    const existing = await admin.listTopics();
    const large = [{ name: 'max.message.bytes', value: String(16 * 2 ** 20) }];
    await createTopics(
      admin,
      [input, letters].flatMap((topic) =>
        existing.includes(topic) ? [] : [{ topic, numPartitions: 1, configEntries: large }],
      ),
    );
  });

  const producer = opened.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  async function send(keys: readonly string[], compressed?: Buffer): Promise<void> {
    const type = compressed ? CompressionTypes.ZSTD : CompressionTypes.None;
    const codec = CompressionCodecs[CompressionTypes.ZSTD as Compression.ZSTD]() as object;
    const writing = { ...codec, compress: () => Promise.resolve(compressed) };
    Object.assign(CompressionCodecs, { [CompressionTypes.ZSTD]: () => writing });
    const messages = keys.map((key) => ({ key, value: 'v' }));
    await producer.send({ topic: input, acks: -1, compression: type, messages });
  }
  const good = (from: number) => send([0, 1, 2, 3].map((index) => `good-${from + index}`));

  await good(0); // 0 to 3
  await send(['wrong-checksum', 'x', 'x']); // 4 to 6
  await good(4);
  await send(['bomb'], bomb()); // 11
  await good(8);
  await send(['unknown-codec', 'x']); // 16 and 17
  await good(12);
  await send(['malformed-last', 'x']); // 22 and 23
  await good(16);
  await good(20);
  await producer.disconnect();

  const consumption = (group: string, seen: Message[], changes: Partial<RecordConsumption>): RecordConsumption => ({
    ...{ kind: 'records', group: `${group}-${run}`, topics: [input], stage: 'damaged', laneOf: () => 'backfill' },
    async handler(message) {
      seen.push(message);
      return [];
    },
    failures: divertTo({ input, lane: { name: 'backfill', retryDelays: [] } }),
    window: { items: 100, bytes: 64 * 2 ** 20 },
    ...changes,
  });
  const [diverting, turning, stepping, followed]: Message[][] = [[], [], [], []];
  const started = [
    await startConsumption(consumption('divert', diverting!, {}), services),
    await startConsumption(consumption('turns', turning!, { fetchMode: 'round-robin' }), services),
    await startConsumption(consumption('stop', stepping!, { failures: { kind: 'stop' } }), services),
  ];
  const follower = await followTopics({
    ...{ kafka, clock, logger, metrics, topics: [input], from: 'beginning', name: 'damaged-follower' },
    onMessage: (message) => Promise.resolve(void followed!.push(message)),
  });

  const all = [diverting!, turning!, stepping!, followed!];
  const last = (seen: readonly Message[]) => String(seen.at(-1)?.key);
  await expect.poll(() => all.map(last), { timeout: 30_000 }).toEqual(all.map(() => 'good-23'));
  const expected = [...Array.from({ length: 24 }, (_, index) => [`good-${index}`, 1]), ['malformed-last', 1]];
  for (const seen of all) {
    const counts = new Map<string, number>();
    for (const { key } of seen) counts.set(String(key), (counts.get(String(key)) ?? 0) + 1);
    expect(counts).toEqual(new Map(expected as [string, number][]));
  }

  const dead: Message[] = [];
  await readRanges(opened.kafka, await wholeTopics(opened.kafka, [letters]), (message) => {
    if (message.headers['__fanlight.errors.topic'] === input) dead.push(message);
  });
  const summary = dead.map(({ headers }) => {
    const text = (name: string) => headers[`__fanlight.${name}`] ?? '';
    const offsets = `${text('batch.first-offset')} to ${text('batch.last-offset')}`;
    return `${offsets}, ${text('errors.code')}: ${text('errors.message').split(': ')[1]}`;
  });
  const kinds = [
    '4 to 6, invalid-event: its checksum (CRC-32C) is wrong.',
    '11 to 11, too-large: A compressed batch has more than 134217728 bytes of records.',
    '16 to 17, invalid-event: its compression 6 is unknown.',
    '23 to 23, invalid-event: 1 bytes are named, of 0 left.',
  ];
  expect(summary.sort()).toEqual([...kinds, ...kinds].sort()); // two groups have dead letters
  expect(dead.every(({ value }) => value !== null && value.length > 61)).toBe(true);
  const skipped = (await metrics.batchesSkipped.get()).values.map(({ labels, value }) => [labels.reader, value]);
  expect(new Map(skipped as [string, number][])).toEqual(
    new Map([
      [`stop-${run}`, 4],
      ['damaged-follower', 4],
    ]),
  );
  const { values } = await metrics.consumerRestarts.get();
  expect([fatal, values]).toEqual([[], []]);

  for (const consumer of started) await consumer.stop(1_000);
  await follower.close();
  await opened.publisher.close();
}, 60_000);
