import { setImmediate } from 'node:timers/promises';
import kafkajs, { type Kafka } from 'kafkajs';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { RecordConsumption } from '../../../runtime/consumption/consumption.js';
import { startConsumption } from '../../../runtime/consumption/loop.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMetrics } from '../../../runtime/metrics.js';
import type { Handler } from '../../../runtime/records/message.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { fakeKafka } from '../kafka/fake-kafka.js';

/** A worker with transactional delivery, and a broker that records what its producers do. */
async function world(handler: Handler) {
  const clock = createManualClock();
  const broker = fakeKafka();
  const log: string[] = [];
  const fatal: unknown[] = [];
  let committed = '-1';
  let failing = false;
  function transaction() {
    let offset = '';
    return {
      sendOffsets({ topics }: { topics: { partitions: { offset: string }[] }[] }) {
        offset = topics[0]?.partitions[0]?.offset ?? '';
        return Promise.resolve();
      },
      sendBatch: ({ topicMessages }: { topicMessages: { topic: string }[] }) =>
        Promise.resolve(void log.push(`write to ${topicMessages.map(({ topic }) => topic).join()}`)),
      commit() {
        if (failing) return Promise.reject(new kafkajs.KafkaJSRequestTimeoutError('timeout'));
        committed = offset;
        return Promise.resolve(void log.push(`commit ${offset}`));
      },
    };
  }
  const kafka = {
    ...broker.kafka,
    producer: () => ({
      connect: () => Promise.resolve(void log.push('producer')),
      disconnect: () => Promise.resolve(),
      transaction: () => Promise.resolve(transaction()),
    }),
    admin: () => ({
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      fetchOffsets: () =>
        Promise.resolve([{ topic: 't', partitions: [{ partition: 0, offset: committed, metadata: null }] }]),
    }),
  } as unknown as Kafka;
  const services: Partial<WorkerServices> = {
    ...{ kafka, clock, random: () => 1, logger: pino({ level: 'silent' }), metrics: createMetrics() },
    ...{ delivery: 'transactions', onFatal: (error) => fatal.push(error) },
  };
  const consumption: RecordConsumption = {
    ...{ kind: 'records', group: 'g', topics: ['t'], stage: 's', laneOf: () => 'bulk', failures: { kind: 'stop' } },
    ...{ window: { items: 4, bytes: 1_000 }, transactionsEveryMs: 0, handler },
  };
  const consumer = await startConsumption(consumption, services as WorkerServices);
  return { broker, clock, log, fatal, consumer, setFailing: (fails: boolean) => void (failing = fails) };
}

const out = { topic: 'o', key: null, value: null, headers: {} };

describe('a consumption with transactional delivery', () => {
  it('writes the outputs and the offset of a record in a transaction, after its deferred work', async () => {
    const deferred: (() => void)[] = [];
    const { broker, clock, log } = await world((_message, { waitUntil }) => {
      waitUntil(() => new Promise<void>((resolve) => deferred.push(resolve)));
      return Promise.resolve([out]);
    });
    await broker.deliver('t', 4n);
    await setImmediate();
    expect([deferred.length, log]).toEqual([1, ['producer']]);
    deferred[0]?.();
    await setImmediate();
    clock.advance(1_000);
    await setImmediate();
    expect(log).toEqual(['producer', 'write to o', 'commit 5']);
    expect(broker.commits).toEqual([]);
  });

  it('commits the offsets of markers behind a record, and those of fetches without records', async () => {
    const { broker, clock, log } = await world(() => Promise.resolve([out]));
    await broker.deliverUpTo(6n, 't', 4n);
    await setImmediate();
    broker.passEmpty(8n, 't');
    await setImmediate();
    clock.advance(1_000);
    await setImmediate();
    expect(log).toEqual(['producer', 'write to o', 'commit 7', 'commit 9']);
  });

  it('skips records that a former owner has committed', async () => {
    const handled: bigint[] = [];
    const { broker, log } = await world(({ offset }) => {
      handled.push(offset);
      return Promise.resolve([out]);
    });
    await broker.deliver('t', 4n, 5n);
    await setImmediate();
    broker.rebalance();
    broker.join();
    await broker.deliver('t', 4n, 5n, 6n); // fetched before the former owner was fenced
    await setImmediate();
    expect(handled).toEqual([4n, 5n, 6n]);
    expect(log.filter((line) => line === 'producer')).toHaveLength(2);
  });

  it('joins its group again after a transaction with an unknown outcome, and repeats the record', async () => {
    const { broker, log, consumer, fatal, setFailing } = await world(() => Promise.resolve([out]));
    setFailing(true);
    await broker.deliver('t', 4n);
    await setImmediate();
    await setImmediate();
    setFailing(false);
    expect(broker.sessions.map(({ closed }) => closed)).toEqual([true, false]);
    expect([consumer.ready, consumer.held]).toEqual([true, 0]);
    await broker.deliver('t', 4n);
    await setImmediate();
    expect(log).toEqual(['producer', 'write to o', 'producer', 'write to o', 'commit 5']);
    expect(fatal).toEqual([]);
  });
});
