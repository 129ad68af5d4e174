import { pino } from 'pino';
import { expect, it } from 'vitest';
import { FREE_PORTS } from '../../../local/servers/port-numbers.js';
import { systemClock } from '../../../primitives/clock.js';
import { createMetrics } from '../../../runtime/metrics.js';
import { withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { createKafka } from '../../../runtime/kafka/client/client.js';
import { startConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import { fetchLag, totalLag } from '../../../runtime/kafka/lag/lag.js';
import { followTopics } from '../../../runtime/kafka/read/topic-follower.js';
import { createPublisher } from '../../../runtime/kafka/client/producer.js';
import { publishUntilAcknowledged } from '../../../runtime/kafka/client/acknowledged-publishing.js';
import { oneBroker } from './one-broker.js';

const topic = 'outage';
const group = 'fanlight.outage';
const logger = pino({ level: 'silent' });
const signal = new AbortController().signal;

const startBroker = oneBroker('outage');

it('processes every record despite a broker outage', async () => {
  const { addresses, ports, stop } = await startBroker(FREE_PORTS);
  const kafka = createKafka({ brokers: addresses.kafkaBrokers, clientId: 'outage-test', logger });
  await withAdmin(kafka, (admin) =>
    admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4 }] }),
  );
  const publisher = await createPublisher(kafka);
  const fatal: unknown[] = [];
  const seen = new Set<string>();
  let hold: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (hold = resolve));
  const consumer = await startConsumer({
    kafka,
    group,
    topics: [topic],
    fromBeginning: true,
    window: { items: 64, bytes: 2 ** 20 },
    // The first record is in flight while the broker is down, so its offset can only be committed after the outage.
    async process({ key }) {
      if (key?.toString() === 'before-0') await held;
      seen.add(String(key));
    },
    onFatal: (error) => fatal.push(error),
    clock: systemClock,
    random: Math.random,
    logger,
  });
  const keys = (name: string) => Array.from({ length: 50 }, (_, index) => `${name}-${index}`);
  const publish = (name: string) =>
    Promise.all(
      keys(name).map((key) =>
        publishUntilAcknowledged(publisher, [{ topic, key: Buffer.from(key), value: Buffer.from(key), headers: {} }], {
          signal,
          clock: systemClock,
          logger,
          random: Math.random,
        }),
      ),
    );
  let aheadMs = 0;
  const follower = await followTopics({
    kafka,
    topics: [topic],
    from: 'end',
    name: 'outage',
    onMessage: () => Promise.resolve(),
    logger,
    metrics: createMetrics(),
    clock: { ...systemClock, now: () => Date.now() + aheadMs },
  });
  await publish('before');
  await expect.poll(() => seen.size, { timeout: 30_000 }).toBe(49);

  await stop();
  const duringOutage = publish('during');
  hold?.();
  await expect.poll(() => seen.size).toBe(50);
  expect(follower.ready).toBe(true);
  aheadMs = 10_000;
  expect(follower.ready).toBe(false);
  await startBroker(ports);
  await expect.poll(() => follower.ready, { timeout: 60_000 }).toBe(true);

  await duringOutage;
  await publish('after');
  await expect
    .poll(() => [...seen].sort(), { timeout: 60_000 })
    .toEqual([...keys('before'), ...keys('during'), ...keys('after')].sort());
  const lag = () => withAdmin(kafka, async (admin) => totalLag(await fetchLag(admin, group, [topic])));
  await expect.poll(lag, { timeout: 60_000, interval: 500 }).toBe(0);
  expect(fatal).toEqual([]);
  await follower.close();
  await consumer.stop(1_000);
  await publisher.close();
}, 240_000);
