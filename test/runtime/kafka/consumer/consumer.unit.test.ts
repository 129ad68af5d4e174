import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startConsumer } from '../../../../runtime/kafka/consumer/consumer.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import { fakeKafka } from '../fake-kafka.js';

const commitEveryMs = 250;

/** A consumer that finishes each record at once. */
async function world() {
  const clock = createManualClock();
  const broker = fakeKafka();
  const consumer = await startConsumer({
    kafka: broker.kafka,
    group: 'g',
    topics: ['t'],
    fromBeginning: true,
    window: { items: 8, bytes: 1_000 },
    process: () => Promise.resolve(),
    onFatal: (error) => {
      throw error;
    },
    clock,
    random: () => 0,
    logger: pino({ level: 'silent' }),
  });
  const advance = async (ms: number) => {
    clock.advance(ms);
    await setImmediate();
  };
  const finishRecord = async (offset: bigint) => {
    await broker.deliver('t', offset);
    await setImmediate();
  };
  return { clock, consumer, commits: broker.commits, advance, finishRecord };
}

it('a consumer commits finished records every 250 ms, one commit at a time', async () => {
  const { commits, advance, finishRecord } = await world();
  await finishRecord(0n);
  await advance(commitEveryMs - 1);
  expect(commits).toHaveLength(0);
  await advance(1);
  expect(commits).toHaveLength(1);
  await finishRecord(1n);
  await advance(4 * commitEveryMs);
  expect(commits).toHaveLength(1);
  commits[0]?.resolve();
  await setImmediate();
  await advance(commitEveryMs);
  expect(commits).toHaveLength(2);
});

it('a consumer leaves no commit timer behind when it restarted while a commit was in flight', async () => {
  const { clock, consumer, commits, advance, finishRecord } = await world();
  await finishRecord(0n);
  await advance(commitEveryMs);
  expect(commits).toHaveLength(1);
  await consumer.restart('stalled');
  commits[0]?.reject(new Error('the group moved on'));
  await setImmediate();
  await consumer.stop(0);
  await advance(4 * commitEveryMs);
  expect(clock.nextDueAt).toBeUndefined();
});

it('a consumer leaves no commit timer behind when it stops while a commit is in flight', async () => {
  const { clock, consumer, commits, advance, finishRecord } = await world();
  await finishRecord(0n);
  await advance(commitEveryMs);
  const stopped = consumer.stop(0);
  commits[0]?.resolve();
  await stopped;
  await advance(4 * commitEveryMs);
  expect(clock.nextDueAt).toBeUndefined();
});
