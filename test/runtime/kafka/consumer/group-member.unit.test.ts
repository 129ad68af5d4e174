import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { startConsumption } from '../../../../runtime/consumption/loop.js';
import { startConsumer } from '../../../../runtime/kafka/consumer/consumer.js';
import { projectTopics } from '../../../../runtime/kafka/read/topic-projection.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import { createMetrics } from '../../../../runtime/metrics.js';
import type { OutgoingMessage } from '../../../../runtime/records/message.js';
import type { WorkerServices } from '../../../../runtime/services.js';
import { fakeKafka } from '../fake-kafka.js';

const logger = pino({ level: 'silent' });
/** The longest delays. */
const random = () => 1;

interface Work {
  readonly offset: bigint;
  readonly signal: AbortSignal;
  readonly finish: () => void;
}

/** A consumer whose work ends only when the test finishes it. */
async function world() {
  const clock = createManualClock();
  const broker = fakeKafka();
  const works: Work[] = [];
  const restarts: string[] = [];
  const fatal: unknown[] = [];
  const consumer = await startConsumer({
    ...{ kafka: broker.kafka, group: 'g', topics: ['t'], fromBeginning: true, clock, random, logger },
    window: { items: 2, bytes: 1_000 },
    process: ({ offset }, signal) => new Promise((finish) => works.push({ offset, signal, finish })),
    onFatal: (error) => fatal.push(error),
    onRestart: (reason) => restarts.push(reason),
  });
  /** Moves time by steps of a second. */
  async function advance(seconds: number, { heartbeats }: { readonly heartbeats: boolean }): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000);
      if (heartbeats) broker.heartbeat();
      await setImmediate();
    }
  }
  const finish = async (index: number) => {
    works[index]?.finish();
    await setImmediate();
  };
  return { clock, broker, works, restarts, fatal, consumer, advance, finish };
}

describe('a consumer', () => {
  it('stays in its group for as long as heartbeats are answered', async () => {
    const { broker, consumer, restarts, advance } = await world();
    await advance(60, { heartbeats: true });
    expect([consumer.ready, consumer.memberId, restarts]).toEqual([true, 'member-1', []]);
    expect(broker.sessions).toHaveLength(1);
  });

  it('aborts its work and joins again when no heartbeat is answered, although records arrive', async () => {
    const { broker, consumer, works, restarts, advance, finish, fatal } = await world();
    await advance(9, { heartbeats: false });
    await broker.deliver('t', 0n);
    expect([consumer.ready, works[0]?.signal.aborted]).toEqual([true, false]);
    await advance(1, { heartbeats: false });
    expect([consumer.ready, works[0]?.signal.aborted, restarts]).toEqual([false, true, ['no-heartbeat']]);
    expect(broker.sessions.map(({ closed }) => closed)).toEqual([true]);
    await finish(0);
    expect(broker.sessions.map(({ closed }) => closed)).toEqual([true, false]);
    expect([consumer.ready, consumer.memberId, fatal]).toEqual([true, 'member-2', []]);
  });

  it('aborts all work at a rebalance, and commits nothing of it', async () => {
    const { broker, consumer, works, advance, finish } = await world();
    await broker.deliver('t', 0n, 1n);
    broker.rebalance();
    expect(works.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(consumer.ready).toBe(false);
    await finish(0);
    broker.join();
    await finish(1);
    await advance(1, { heartbeats: true });
    expect(broker.commits).toHaveLength(0);
    expect(consumer.ready).toBe(true);
  });

  it('commits nothing between a rebalance and the join that follows', async () => {
    const { broker, advance, finish } = await world();
    await broker.deliver('t', 0n);
    await finish(0);
    broker.rebalance();
    await advance(5, { heartbeats: true });
    broker.join();
    await advance(5, { heartbeats: true });
    expect(broker.commits).toHaveLength(0);
  });

  it('frees the place of an aborted record once the work on it has ended', async () => {
    const { broker, consumer, works, finish } = await world();
    await broker.deliver('t', 0n, 1n);
    broker.rebalance();
    broker.join();
    expect(consumer.held).toBe(2);
    await finish(0);
    expect(consumer.held).toBe(1);
    await broker.deliver('t', 0n);
    expect(works).toHaveLength(3);
    expect(works[2]).toMatchObject({ offset: 0n, signal: { aborted: false } });
  });

  it('aborts its work when the broker refuses a commit, and restarts unless it joins by itself', async () => {
    const { broker, works, restarts, advance, finish } = await world();
    await broker.deliver('t', 0n, 1n);
    await finish(0);
    await advance(1, { heartbeats: true });
    broker.commits[0]?.reject(Object.assign(new Error('unknown'), { type: 'UNKNOWN_MEMBER_ID' }));
    await setImmediate();
    expect(works[1]?.signal.aborted).toBe(true);
    broker.join();
    await advance(5, { heartbeats: true });
    expect(restarts).toEqual([]);
    await finish(1);
    await broker.deliver('t', 1n);
    await finish(2);
    await advance(1, { heartbeats: true });
    broker.commits[1]?.reject(Object.assign(new Error('illegal'), { type: 'ILLEGAL_GENERATION' }));
    await advance(4, { heartbeats: true });
    expect(restarts).toEqual(['refused']);
  });

  it('does not lose a new membership to a commit of the former one', async () => {
    const { broker, consumer, advance, finish } = await world();
    await broker.deliver('t', 0n);
    await finish(0);
    await advance(1, { heartbeats: true });
    broker.rebalance();
    broker.join();
    broker.commits[0]?.reject(Object.assign(new Error('illegal'), { type: 'ILLEGAL_GENERATION' }));
    await setImmediate();
    expect(consumer.ready).toBe(true);
  });

  it('commits after a rebalance although a commit from before it hangs', async () => {
    const { broker, advance, finish } = await world();
    await broker.deliver('t', 0n);
    await finish(0);
    await advance(1, { heartbeats: true });
    broker.rebalance();
    broker.join();
    await broker.deliver('t', 0n);
    await finish(1);
    await advance(1, { heartbeats: true });
    expect(broker.commits).toHaveLength(2);
  });

  it('backs off between joins that fail', async () => {
    const { broker, consumer, restarts, advance } = await world();
    broker.failJoins(Infinity);
    broker.crash();
    await advance(120, { heartbeats: false });
    // Delays from 0.25 s, doubled up to 30 s: 9 consumers in the first 32 s, then one every 30 s.
    expect(broker.sessions.length).toBeGreaterThan(8);
    expect(broker.sessions.length).toBeLessThan(13);
    expect([consumer.ready, restarts]).toEqual([false, ['crash']]);
    broker.failJoins(0);
    await advance(30, { heartbeats: false });
    expect(consumer.ready).toBe(true);
  });

  it('backs off between crashes that follow each join', async () => {
    const { broker, restarts, advance } = await world();
    for (let second = 0; second < 120; second += 1) {
      if (!broker.sessions.at(-1)?.closed) broker.crash();
      await advance(1, { heartbeats: false });
    }
    expect(restarts.length).toBeGreaterThan(5);
    expect(restarts.length).toBeLessThan(15);
  });

  it('ends a former kafkajs consumer that joins after it was replaced', async () => {
    const { broker, consumer } = await world();
    await consumer.restart('stalled');
    expect(() => broker.joinFormer(1)).toThrow('replaced');
    expect(consumer.memberId).toBe('member-2');
  });

  it('stops during a back-off, and leaves no timer behind', async () => {
    const { broker, clock, consumer, advance } = await world();
    broker.failJoins(Infinity);
    broker.crash();
    await advance(20, { heartbeats: false });
    await consumer.stop(0);
    await advance(1, { heartbeats: false });
    expect(clock.nextDueAt).toBeUndefined();
  });

  it('knows the age of its oldest record, and whether aborted work goes on', async () => {
    const { clock, broker, consumer, advance, finish } = await world();
    const startedAt = clock.now();
    await broker.deliver('t', 0n);
    await advance(5, { heartbeats: true });
    await broker.deliver('t', 1n);
    expect([consumer.oldestHeldAt, consumer.oldestAbortedAt]).toEqual([startedAt, undefined]);
    await finish(0);
    expect(consumer.oldestHeldAt).toBe(startedAt + 5_000);
    broker.rebalance();
    expect([consumer.oldestHeldAt, consumer.oldestAbortedAt]).toEqual([undefined, startedAt + 5_000]);
  });

  it('knows since when finished records wait for their commit', async () => {
    const { clock, broker, consumer, advance, finish } = await world();
    await broker.deliver('t', 0n);
    await finish(0);
    clock.advance(250);
    await setImmediate();
    const since = clock.now();
    await advance(5, { heartbeats: true });
    expect(consumer.uncommittedSince).toBe(since);
    broker.commits[0]?.resolve();
    await setImmediate();
    expect(consumer.uncommittedSince).toBeUndefined();
  });
});

it('a consumption publishes nothing of a record whose partition was revoked', async () => {
  const broker = fakeKafka();
  const published: OutgoingMessage[] = [];
  const out = { topic: 'o', key: null, value: null, headers: {} };
  const answers: (() => void)[] = [];
  const services: Partial<WorkerServices> = {
    ...{ kafka: broker.kafka, clock: createManualClock(), random, logger, metrics: createMetrics() },
    publisher: {
      publish: (messages: readonly OutgoingMessage[]) => Promise.resolve(void published.push(...messages)),
    } as WorkerServices['publisher'],
    onFatal: (error) => {
      throw error;
    },
  };
  const consumer = await startConsumption(
    {
      ...{ kind: 'records', group: 'g', topics: ['t'], stage: 's', laneOf: () => 'bulk', failures: { kind: 'stop' } },
      window: { items: 2, bytes: 1_000 },
      handler: () => new Promise((resolve) => answers.push(() => resolve([out]))),
    },
    services as WorkerServices,
  );
  await broker.deliver('t', 0n);
  broker.rebalance();
  broker.join();
  await broker.deliver('t', 0n);
  answers[0]?.();
  await setImmediate();
  expect([published.length, consumer.held]).toEqual([0, 1]);
  answers[1]?.();
  await setImmediate();
  expect(published).toEqual([out]);
});

it('a projection applies no further record once its partition was revoked', async () => {
  const broker = fakeKafka();
  const applied: bigint[] = [];
  let answer: () => void = () => undefined;
  const projection = await projectTopics({
    ...{ kafka: broker.kafka, group: 'g', topics: ['t'], clock: createManualClock(), random, logger },
    metrics: createMetrics(),
    position: () => Promise.resolve(undefined),
    apply({ offset }) {
      applied.push(offset);
      return new Promise((resolve) => (answer = () => resolve(true)));
    },
    onFatal: (error) => {
      throw error;
    },
  });
  const delivered = broker.deliver('t', 0n, 1n);
  await setImmediate();
  broker.rebalance();
  expect([projection.ready, projection.owns('t', 0)]).toEqual([false, false]);
  answer();
  await delivered;
  await broker.deliver('t', 1n);
  expect(applied).toEqual([0n]);
  await projection.stop(0);
});
