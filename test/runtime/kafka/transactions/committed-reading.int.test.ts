import { randomUUID } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../../../primitives/clock.js';
import { createKafka } from '../../../../runtime/kafka/client/client.js';
import { startConsumer } from '../../../../runtime/kafka/consumer/consumer.js';
import { fetchLag, totalLag } from '../../../../runtime/kafka/lag/lag.js';
import { readRanges, wholeTopics } from '../../../../runtime/kafka/read/ranges.js';
import { followTopics } from '../../../../runtime/kafka/read/topic-follower.js';
import { projectTopics } from '../../../../runtime/kafka/read/topic-projection.js';
import { withAdmin } from '../../../../runtime/kafka/topics/admin.js';
import { createMetrics } from '../../../../runtime/metrics.js';
import { serverAddress } from '../../../support/worker-services.js';

const topic = `committed-${randomUUID()}`;
const logger = pino({ level: 'silent' });
const kafka = createKafka({ brokers: serverAddress('KAFKA_BROKERS').split(','), clientId: 'test', logger });
const metrics = createMetrics();
const shared = { kafka, topics: [topic], clock, random: Math.random, logger, metrics };

const lagOf = (group: string) => withAdmin(kafka, async (admin) => totalLag(await fetchLag(admin, group, [topic])));

function throwError(error: unknown): never {
  throw error;
}

/** Starts a transaction with one record; the returned functions write another one, and end it. */
async function begin(first: string) {
  const producer = kafka.producer({
    transactionalId: randomUUID(),
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const write = (value: string) => transaction.send({ topic, messages: [{ value }] });
  await write(first);
  return {
    write,
    async end(how: 'commit' | 'abort') {
      await transaction[how]();
      await producer.disconnect();
    },
  };
}

describe('a topic whose aborted transactions overlap, with one at its end', () => {
  beforeAll(async () => {
    await withAdmin(kafka, (admin) =>
      admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }),
    );
    const long = await begin('aborted');
    const short = await begin('aborted');
    await short.end('abort'); // brokers list it before the one that began first
    await long.write('aborted');
    const good = await begin('committed');
    await long.end('abort');
    await good.end('commit');
    const last = await begin('aborted');
    await last.end('abort');
  });

  it('has only its committed record for a reader of ranges', async () => {
    const values: string[] = [];
    await readRanges(kafka, await wholeTopics(kafka, [topic]), ({ value }) => values.push(String(value)));
    expect(values).toEqual(['committed']);
    const [whole] = await wholeTopics(kafka, [topic]);
    await readRanges(kafka, [{ topic, partition: 0, from: whole!.to - 2n, to: whole!.to }], () => values.push('more'));
    expect(values).toEqual(['committed']); // the last two are an aborted record and its marker
  });

  it('has only its committed record for a follower, which reaches the end', async () => {
    const values: string[] = [];
    const follower = await followTopics({
      ...{ kafka, logger, metrics, topics: [topic], from: 'beginning', name: 'test', clock },
      onMessage: ({ value }) => Promise.resolve(void values.push(String(value))),
    });
    expect([follower.ready, values]).toEqual([true, ['committed']]);
    await follower.close();
  });

  it('has only its committed record for a consumer, which has no lag at the end', async () => {
    const group = `fanlight.consumer.${topic}`;
    const values: string[] = [];
    const consumer = await startConsumer({
      ...{ ...shared, group, fromBeginning: true, window: { items: 9, bytes: 9_000 }, onFatal: throwError },
      process: ({ value }) => Promise.resolve(void values.push(String(value))),
    });
    await expect.poll(() => lagOf(group), { timeout: 10_000 }).toBe(0);
    await (await begin('aborted')).end('abort');
    await expect.poll(() => lagOf(group), { timeout: 10_000 }).toBe(0);
    expect(values).toEqual(['committed']);
    await consumer.stop(0);
  });

  it('has only its committed record for a projection, which has no lag at the end', async () => {
    const group = `fanlight.projection.${topic}`;
    const values: string[] = [];
    let position: bigint | undefined;
    const projection = await projectTopics({
      ...{ ...shared, group, position: () => Promise.resolve(position), onFatal: throwError },
      apply({ value, offset }) {
        values.push(String(value));
        position = offset + 1n;
        return Promise.resolve(true);
      },
    });
    await expect.poll(() => lagOf(group), { timeout: 10_000 }).toBe(0);
    await (await begin('aborted')).end('abort');
    await expect.poll(() => lagOf(group), { timeout: 10_000 }).toBe(0);
    expect(values).toEqual(['committed']);
    await projection.stop(0);
  });
});
