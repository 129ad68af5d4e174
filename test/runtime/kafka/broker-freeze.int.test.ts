import { setTimeout } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { FREE_PORTS } from '../../../local/servers/port-numbers.js';
import { sleep, systemClock as clock } from '../../../primitives/clock.js';
import { every } from '../../../primitives/timer-loop.js';
import { createKafka } from '../../../runtime/kafka/client/client.js';
import { publishUntilAcknowledged } from '../../../runtime/kafka/client/acknowledged-publishing.js';
import { createPublisher } from '../../../runtime/kafka/client/producer.js';
import { startConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import type { FetchMode } from '../../../runtime/kafka/consumer/fetch-mode.js';
import { fetchLag, totalLag } from '../../../runtime/kafka/lag/lag.js';
import { projectTopics } from '../../../runtime/kafka/read/topic-projection.js';
import { createMetrics } from '../../../runtime/metrics.js';
import { withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { oneBroker } from './one-broker.js';

const topic = 'freeze';
const logger = pino({ level: 'silent' });
const random = Math.random;
const signal = new AbortController().signal;
/** Longer than the session timeout of 10 s. */
const freezeMs = 13_000;
const window = 16;
const fetchModes: readonly FetchMode[] = ['batches', 'large-fetches', 'round-robin'];

const startBroker = oneBroker('freeze');

it('rejoins every group within 30 s after the broker froze twice, and repeats at most the work in flight', async () => {
  const { addresses, pids } = await startBroker(FREE_PORTS);
  const kafka = createKafka({ brokers: addresses.kafkaBrokers, clientId: 'freeze-test', logger });
  await withAdmin(kafka, (admin) =>
    admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4 }] }),
  );
  const fatal: unknown[] = [];
  const finished = new Map<string, string[]>();
  const onFatal = (error: unknown) => fatal.push(error);
  const consumers = await Promise.all(
    fetchModes.map((fetchMode) => {
      const group = `fanlight.freeze.${fetchMode}`;
      const keys: string[] = [];
      finished.set(group, keys);
      return startConsumer({
        ...{ kafka, group, topics: [topic], fromBeginning: true, fetchMode, onFatal, clock, random, logger },
        window: { items: window, bytes: 2 ** 20 },
        async process({ key }, aborted) {
          await sleep(clock, 200, aborted);
          keys.push(String(key));
        },
      });
    }),
  );
  /** Positions of the store: the projection applies each record once. */
  const positions = new Map<number, bigint>();
  const projection = await projectTopics({
    ...{ kafka, group: 'fanlight.freeze.projection', topics: [topic], onFatal, clock, random, logger },
    metrics: createMetrics(),
    position: (_topic, partition) => Promise.resolve(positions.get(partition)),
    apply({ partition, offset }, expected) {
      if (positions.get(partition) !== expected) return Promise.resolve(false);
      positions.set(partition, offset + 1n);
      return Promise.resolve(true);
    },
  });
  const running = [...consumers, projection];

  const publisher = await createPublisher(kafka);
  const published: string[] = [];
  const stopPublishing = every(
    clock,
    25,
    async function publishNext() {
      const key = Buffer.from(`record-${published.length}`);
      published.push(key.toString());
      const record = { topic, key, value: key, headers: {} };
      await publishUntilAcknowledged(publisher, [record], { signal, clock, logger, random });
    },
    onFatal,
  );
  const membersOf = async (admin: Admin) => {
    const { groups } = await admin.describeGroups(running.map(({ group }) => group));
    return groups.map(({ state, members }) => `${state} ${members.length}`);
  };
  const membersAndReady = () =>
    withAdmin(kafka, async (admin) => [...(await membersOf(admin)), ...running.map(({ ready }) => ready)]);
  const allMembers = running.map(() => 'Stable 1').concat(running.map(() => true as never));

  await expect.poll(() => published.length, { timeout: 20_000 }).toBeGreaterThan(50);
  for (let freeze = 0; freeze < 2; freeze += 1) {
    process.kill(pids.kafka as number, 'SIGSTOP');
    await setTimeout(freezeMs); // the condition under test is a time
    expect(running.map(({ ready }) => ready)).toEqual(running.map(() => false));
    process.kill(pids.kafka as number, 'SIGCONT');
    await expect.poll(membersAndReady, { timeout: 30_000, interval: 500 }).toEqual(allMembers);
  }
  await stopPublishing();
  const lags = () =>
    withAdmin(kafka, (admin) =>
      Promise.all(running.map(async ({ group }) => totalLag(await fetchLag(admin, group, [topic])))),
    );
  await expect.poll(lags, { timeout: 30_000, interval: 500 }).toEqual(running.map(() => 0));
  for (const keys of finished.values()) {
    const seen = new Set(keys);
    expect([...seen].sort()).toEqual([...published].sort());
    expect(keys.length - seen.size).toBeLessThanOrEqual(2 * window);
  }
  expect(fatal).toEqual([]);
  await Promise.all(running.map((consumer) => consumer.stop(1_000)));
  await publisher.close();
}, 180_000);
