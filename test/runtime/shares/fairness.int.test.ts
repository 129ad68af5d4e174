import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import { startPlatform, type Platform } from '../../../local/servers/platform.js';
import { FREE_PORTS } from '../../../local/servers/port-numbers.js';
import { systemClock } from '../../../primitives/clock.js';
import type { Ports } from '../../../processors/ports.js';
import { ensureTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { createKafka } from '../../../runtime/kafka/client/client.js';
import type { RunningConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import { inheritOffsets } from '../../../runtime/kafka/topics/inherited-offsets.js';
import { fetchLag, totalLag } from '../../../runtime/kafka/lag/lag.js';
import { createPublisher } from '../../../runtime/kafka/client/producer.js';
import { readRanges, wholeTopics } from '../../../runtime/kafka/read/ranges.js';
import { createSeal } from '../../../runtime/records/seal.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { startConsumption } from '../../../runtime/consumption/loop.js';
import { shareConsumption } from '../../../runtime/shares/share-consumption.js';
import { stageConsumption } from '../../../runtime/stages/stage-consumption.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { createMetrics } from '../../../runtime/metrics.js';
import { listingImageMessage } from '../../../runtime/records/listing-image.js';
import { originOf } from '../../../runtime/records/origin.js';
import { headers } from '../../../schemas/headers.js';
import type { LaneName } from '../../../schemas/lanes.js';
import { lanes } from '../../../topology/lanes.js';
import { placements } from '../../../topology/placements.js';
import type { StagePlan, Topology } from '../../../topology/topology.js';
import { listingImage } from '../../support/samples.js';
import { idleTopology } from '../lane-support.js';

const window = { items: 32, bytes: 2 ** 20 };
const unlimited = {
  io: <T>(work: () => Promise<T>) => work(),
  cpu: <T>(work: () => Promise<T>) => work(),
  gpu: <T>(work: () => Promise<T>) => work(),
};

let dataDir: string;
let platform: Platform;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fanlight-fairness-'));
  platform = await startPlatform({ dataDir, ports: FREE_PORTS, parts: ['kafka'] });
}, 180_000);
afterAll(async () => {
  await platform.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Permits for work, which the test grants image by image. */
function createPermits() {
  let permits = 0;
  let waiting: (() => void)[] = [];
  return {
    async take(): Promise<void> {
      while (permits === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      permits -= 1;
    },
    allow(count: number): void {
      permits += count;
      for (const wake of waiting) wake();
      waiting = [];
    },
  };
}

async function openServices(fatal: unknown[]): Promise<WorkerServices & { close(): Promise<void> }> {
  const logger = pino({ level: 'silent' });
  const kafka = createKafka({ brokers: platform.addresses.kafkaBrokers, clientId: 'fairness-test', logger });
  const publisher = await createPublisher(kafka);
  return {
    kafka,
    publisher,
    codec: createMemoryCodec(),
    clock: systemClock,
    seal: createSeal(),
    logger,
    metrics: createMetrics(),
    random: Math.random,
    randomHex: (digits) => '1'.repeat(digits),
    onFatal: (error) => fatal.push(error),
    close: () => publisher.close(),
  };
}

async function sendImages(
  { publisher, codec }: WorkerServices,
  client: string,
  count: number,
  lane: LaneName = 'bulk',
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `${client}-${n}`);
  const events = ids.map((imageId) =>
    listingImageMessage(listingImage({ listingId: imageId, imageId, url: 'https://photos.example/1.jpg' }), {
      lane,
      codec,
      now: 0,
      source: '/test',
      traceparent: '00-1',
      client,
    }),
  );
  const messages = await Promise.all(events);
  await publisher.publish(messages);
  return messages.map((message) => message.headers[headers.ceId] ?? '');
}

const written = (services: WorkerServices, topic: string) =>
  withAdmin(services.kafka, async (admin) =>
    (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0),
  );

/** Client and origin of every result. */
async function resultsOf({ kafka }: WorkerServices): Promise<{ client: string; origin: string }[]> {
  const found: { client: string; origin: string }[] = [];
  await readRanges(kafka, await wholeTopics(kafka, ['image-tags.bulk']), (message) =>
    found.push({ client: message.headers[headers.client] ?? '', origin: originOf(message) }),
  );
  return found;
}

it('shares a lane fairly among clients, and loses no record when workers start and stop', async () => {
  const permits = createPermits();
  const topology: Topology = idleTopology(
    placements.compact,
    (operation) => (operation === 'fetch' ? permits.take() : Promise.resolve()),
    { lanes: lanes.filter(({ name }) => name === 'bulk') },
  );
  const fatal: unknown[] = [];
  const services = await openServices(fatal);
  await ensureTopics(services.kafka, topology, 1);
  const [share, fetch] = topology.plans.filter(({ lane }) => lane.name === 'bulk');
  if (share?.kind !== 'share' || fetch?.kind !== 'entry') throw new Error('the lane has no groups');
  const ports = { clock: systemClock, images: createMemoryImageStore() } as unknown as Ports;
  const startShare = async () => startConsumption(await shareConsumption(share, topology, services), services);
  const startFetch = async () =>
    startConsumption(
      await stageConsumption({
        topology,
        plan: fetch,
        ports,
        slots: unlimited,
        services,
        window,
        inlineLimit: 2 ** 20,
        isCancelled: () => false,
      }),
      services,
    );
  const done = () => written(services, 'image-tags.bulk');

  const large = await sendImages(services, 'large', 2_000);
  let sharing: RunningConsumer = await startShare();
  const first = await startFetch();
  permits.allow(100);
  await expect.poll(done, { timeout: 60_000 }).toBe(100);

  const small = await sendImages(services, 'small', 10);
  // Compares with the written records, because a publisher may write twice to topics that were just created.
  await expect
    .poll(() => written(services, fetch.input), { timeout: 60_000 })
    .toBe(await written(services, share.input));
  // Permits the records in flight, and then one of each partition in turn; the large client has eight partitions.
  permits.allow(window.items + 40);
  await expect.poll(done, { timeout: 60_000 }).toBe(100 + window.items + 40);
  expect(
    new Set((await resultsOf(services)).flatMap(({ client, origin }) => (client === 'small' ? [origin] : []))),
  ).toEqual(new Set(small));

  // A second worker joins. Then the first one stops without finishing, and so does the sharing worker.
  const second = await startFetch();
  await expect.poll(() => second.ready, { timeout: 60_000 }).toBe(true);
  const more = await sendImages(services, 'large-2', 500);
  const stopped = [first.stop(0), sharing.stop(0)];
  permits.allow(500);
  await Promise.all(stopped);
  sharing = await startShare();
  permits.allow(100_000);

  const expected = new Set([...large, ...small, ...more]);
  await expect
    .poll(async () => new Set((await resultsOf(services)).map(({ origin }) => origin)).size, {
      timeout: 90_000,
      interval: 500,
    })
    .toBe(2_510);
  expect(new Set((await resultsOf(services)).map(({ origin }) => origin))).toEqual(expected);
  expect(fatal).toEqual([]);
  await Promise.all([second.stop(1_000), sharing.stop(1_000)]);
  await services.close();
}, 240_000);

it('the first stage of a shared lane accepts no record while the later stages have a large backlog', async () => {
  const permits = createPermits();
  const topology = idleTopology(
    placements.staged,
    (operation) => (operation === 'fetch' ? permits.take() : Promise.resolve()),
    { lanes: lanes.filter(({ name }) => name === 'backfill') },
  );
  const fatal: unknown[] = [];
  const services = await openServices(fatal);
  await ensureTopics(services.kafka, topology, 1);
  const [share, fetch] = topology.plans;
  const later = topology.plans.filter((plan) => plan.kind === 'later');
  if (share?.kind !== 'share' || fetch?.kind !== 'entry') throw new Error('the lane has no groups');
  const ports = { clock: systemClock, images: createMemoryImageStore() } as unknown as Ports;
  const startStage = async (plan: StagePlan) =>
    startConsumption(
      await stageConsumption({
        topology,
        plan,
        ports,
        slots: unlimited,
        services,
        window,
        inlineLimit: 2 ** 20,
        isCancelled: () => false,
      }),
      services,
    );
  const letIn = () => written(services, 'preprocess.backfill');
  const allShared = async () =>
    expect.poll(() => written(services, fetch.input), { timeout: 60_000 }).toBe(await written(services, share.input));

  const sharing = await startConsumption(await shareConsumption(share, topology, services), services);
  await sendImages(services, 'large', 1_000, 'backfill');
  const opened = await startStage(fetch);
  permits.allow(300);
  // A backlog of 256 records is always allowed. The time of the next sample decides whether the rest gets in as well.
  await expect.poll(letIn, { timeout: 60_000 }).toBeGreaterThan(256);
  await opened.stop(0);

  const closed = await startStage(fetch);
  permits.allow(100_000);
  await expect.poll(() => closed.ready, { timeout: 60_000 }).toBe(true);
  await sendImages(services, 'late', 500, 'backfill');
  await allShared();
  // Includes the records in flight of the first worker when it stopped, because they finish after all.
  expect(await letIn()).toBeLessThanOrEqual(300 + window.items);

  const workers = [sharing, closed, ...(await Promise.all(later.map(startStage)))];
  const inputs = await written(services, share.input);
  await expect
    .poll(() => written(services, 'image-tags.backfill'), { timeout: 90_000, interval: 500 })
    .toBeGreaterThanOrEqual(inputs);
  expect(fatal).toEqual([]);
  await Promise.all(workers.map((worker) => worker.stop(1_000)));
  await services.close();
}, 240_000);

it('a group that begins to read a lane inherits the committed offsets of the previous group', async () => {
  const fatal: unknown[] = [];
  const services = await openServices(fatal);
  const only = lanes.filter(({ name }) => name === 'realtime');
  const before = idleTopology(placements.staged, () => Promise.resolve(), { lanes: only });
  const after = idleTopology(placements.staged, () => Promise.resolve(), {
    lanes: only.map((lane) => ({ ...lane, shares: 2 })),
  });
  await ensureTopics(services.kafka, before, 1);
  await sendImages(services, 'anyone', 40, 'realtime');
  const lagOf = (group: string) =>
    withAdmin(services.kafka, async (admin) => totalLag(await fetchLag(admin, group, ['listing-images.realtime'])));
  await withAdmin(services.kafka, (admin) =>
    admin.setOffsets({
      groupId: 'fanlight.fetch.realtime',
      topic: 'listing-images.realtime',
      partitions: [{ partition: 0, offset: '1' }],
    }),
  );
  const [left, all] = [await lagOf('fanlight.fetch.realtime'), await lagOf('fanlight.share.realtime')];
  expect(left).toBe(all - 1);
  await inheritOffsets(services.kafka, after);
  expect(await lagOf('fanlight.share.realtime')).toBe(left);
  await inheritOffsets(services.kafka, before);
  expect(await lagOf('fanlight.fetch.realtime')).toBe(left);
  await services.close();
}, 120_000);
