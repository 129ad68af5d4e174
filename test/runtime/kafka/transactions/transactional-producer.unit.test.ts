import type { Admin, Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import { openTransactionalProducer } from '../../../../runtime/kafka/transactions/transactional-producer.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import type { OutgoingMessage } from '../../../../runtime/records/message.js';

const input = { group: 'g', topic: 't', partition: 3 };
const output: OutgoingMessage = { topic: 'out', key: null, value: Buffer.from('o'), headers: {} };

/** A broker that records what it is asked. The former transaction is still ending for the first `endings` requests. */
function world({ endings = 0, offset = '7' } = {}) {
  const log: unknown[] = [];
  const clock = createManualClock();
  let left = endings;
  const transaction = {
    sendOffsets({ topics }: { topics: { partitions: object[] }[] }) {
      if (left > 0) {
        left -= 1;
        setImmediate(() => clock.advance(5));
        return Promise.reject(Object.assign(new Error('still ending'), { type: 'CONCURRENT_TRANSACTIONS' }));
      }
      return Promise.resolve(void log.push(topics[0]?.partitions[0]));
    },
    sendBatch: () => Promise.resolve(void log.push('outputs')),
    commit: () => Promise.resolve(void log.push('commit')),
  };
  const kafka = {
    producer: ({ transactionalId }: { transactionalId: string }) => ({
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(void log.push('disconnect')),
      transaction: () => Promise.resolve(log.push(`init ${transactionalId}`)).then(() => transaction),
    }),
  } as unknown as Kafka;
  const admin = {
    fetchOffsets() {
      log.push('read position');
      return Promise.resolve([{ topic: 't', partitions: [{ partition: 3, offset, metadata: 'fl1:2+1' }] }]);
    },
  } as unknown as Admin;
  return { log, open: () => openTransactionalProducer({ kafka, admin, clock }, input) };
}

it('fences the former owner of the partition before it reads the committed position', async () => {
  const { log, open } = world();
  const producer = await open();
  expect(log).toEqual(['init fl-g-t-3', 'read position']);
  expect(producer.committed).toEqual({ offset: 7n, runs: [{ first: 9n, last: 10n }] });
});

it('knows that a group has committed nothing', async () => {
  const { open } = world({ offset: '-1' });
  expect((await open()).committed).toBeNull();
});

it('writes outputs and position in one transaction, and waits until the former one has ended', async () => {
  const { log, open } = world({ endings: 3 });
  const producer = await open();
  await producer.write([output], { offset: 8n, runs: [{ first: 9n, last: 9n }] });
  await producer.write([], { offset: 10n, runs: [] });
  expect(log.slice(2)).toEqual([
    ...[{ partition: 3, offset: '8', metadata: 'fl1:1+0' }, 'outputs', 'commit'],
    ...['init fl-g-t-3', { partition: 3, offset: '10', metadata: '' }, 'commit'],
  ]);
});
