import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { startConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import { createTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { openTestServices, serverAddress } from '../../support/worker-services.js';
import { produceRaw } from './produce-raw.js';
import { rawBatch } from './raw-batch.js';
import { rawRecord } from './raw-record.js';

const count = 200_000;

it('reads a batch of 200,000 records, which is larger than the bytes that a fetch asks for', async () => {
  const fatal: unknown[] = [];
  const restarts: string[] = [];
  const { kafka, clock, logger, random, publisher } = await openTestServices('large-batch', (error) => {
    fatal.push(error);
  });
  const topic = `large-batch-${randomUUID()}`;
  const configEntries = [{ name: 'max.message.bytes', value: String(16 * 2 ** 20) }];
  await withAdmin(kafka, (admin) => createTopics(admin, [{ topic, numPartitions: 1, configEntries }]));
  const broker = serverAddress('KAFKA_BROKERS').split(',')[0] ?? '';
  const value = Buffer.from('v');
  async function send(key: string, records: number): Promise<void> {
    const encoded = Array.from({ length: records }, (_, index) => rawRecord(key, value, [], index));
    await produceRaw(broker, topic, rawBatch(Buffer.concat(encoded), { count: records }));
  }
  await send('before', 1);
  await send('many', count);
  await send('after', 1);

  const seen = new Map<string, number>();
  const consumer = await startConsumer({
    ...{ kafka, group: topic, topics: [topic], fromBeginning: true, clock, logger, random },
    window: { items: 100, bytes: 64 * 2 ** 20 },
    process({ key }) {
      seen.set(String(key), (seen.get(String(key)) ?? 0) + 1);
      return Promise.resolve();
    },
    onFatal: (error) => fatal.push(error),
    onRestart: (reason) => restarts.push(reason),
  });
  await expect.poll(() => seen.get('after'), { timeout: 60_000 }).toBe(1);
  expect(seen).toEqual(new Map(Object.entries({ before: 1, many: count, after: 1 })));
  expect([fatal, restarts]).toEqual([[], []]);
  await consumer.stop(1_000);
  await publisher.close();
}, 90_000);
