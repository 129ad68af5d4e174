import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { readRanges, wholeTopics } from '../../../runtime/kafka/read/ranges.js';
import { createTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { openTestServices } from '../../support/worker-services.js';

it('records of committed transactions are read, and none of aborted ones', async () => {
  const { kafka, publisher } = await openTestServices('transactions', (error) => {
    throw error;
  });
  const topic = `transactions-${randomUUID()}`;
  await withAdmin(kafka, (admin) => createTopics(admin, [{ topic, numPartitions: 1 }]));
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const [value, end] of [
    ['committed-0', 'commit'],
    ['aborted', 'abort'],
    ['committed-1', 'commit'],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value }, { value }] });
    await transaction[end]();
  }
  await producer.disconnect();
  const read: string[] = [];
  await readRanges(kafka, await wholeTopics(kafka, [topic]), ({ value }) => read.push(String(value)));
  expect(read).toEqual(['committed-0', 'committed-0', 'committed-1', 'committed-1']);
  await publisher.close();
});
