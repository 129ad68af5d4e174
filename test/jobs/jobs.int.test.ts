import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedisJobState } from '../../jobs/state/redis-job-state.js';
import { createS3PartStore } from '../../jobs/results/s3-part-store.js';
import { createS3Client } from '../../adapters/s3-client.js';
import { createS3ImageStore } from '../../adapters/image-store/s3-image-store.js';
import { ensureTopics } from '../../runtime/kafka/topics/admin.js';
import { followCancellations, type Cancellations } from '../../jobs/cancellations.js';
import type { RunningConsumer } from '../../runtime/kafka/consumer/consumer.js';
import { createJobQueue } from '../../jobs/submission/kafka-job-queue.js';
import { resultsConsumption } from '../../jobs/results/results-consumption.js';
import { startConsumption } from '../../runtime/consumption/loop.js';
import { stateConsumption } from '../../jobs/state/state-consumption.js';
import type { WorkerServices } from '../../runtime/services.js';
import { readRanges, wholeTopics } from '../../runtime/kafka/read/ranges.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import type { Job, JobProgress } from '../../schemas/jobs.js';
import { topics } from '../../schemas/topics.js';
import { fanlightTopology } from '../../topology/main.js';
import { imageTags } from '../sinks/records.js';
import { listingImage } from '../support/samples.js';
import { openTestServices, serverAddress } from '../support/worker-services.js';

const bucket = `jobs-${randomUUID()}`;
const prefix = `test-${randomUUID()}:`;
const topology = fanlightTopology('compact');
const patience = { timeout: 30_000 };

let services: WorkerServices;
let redis: Redis;
let cancellations: Cancellations;
const consumers: RunningConsumer[] = [];
const closing: (() => unknown)[] = [];

function open() {
  const s3 = createS3Client({
    endpoint: serverAddress('S3_ENDPOINT'),
    region: serverAddress('S3_REGION'),
    accessKeyId: serverAddress('S3_ACCESS_KEY_ID'),
    secretAccessKey: serverAddress('S3_SECRET_ACCESS_KEY'),
  });
  closing.push(() => s3.destroy());
  return { s3, state: createRedisJobState({ redis, prefix }), parts: createS3PartStore({ client: s3, bucket }) };
}

beforeAll(async () => {
  services = await openTestServices('jobs-test', (error) => {
    throw error;
  });
  await ensureTopics(services.kafka, topology, 1);
  redis = new Redis(serverAddress('REDIS_URL'));
  closing.push(
    () => services.publisher.close(),
    () => redis.disconnect(),
  );
  const { s3, state, parts } = open();
  await createS3ImageStore({ client: s3, bucket }).ensureBucket();
  consumers.push(
    await startConsumption(resultsConsumption(topology.lanes, parts, services), services),
    await startConsumption(stateConsumption(state, services), services),
  );
  cancellations = await followCancellations(services);
});
afterAll(async () => {
  await cancellations?.close();
  for (const consumer of consumers) await consumer.stop(2_000);
  for (const close of closing.reverse()) await close();
});

function newJob(changes: Partial<Job> = {}): Job {
  const now = Date.now();
  return {
    id: randomUUID().replaceAll('-', ''),
    client: 'shop',
    pipeline: 'listing-photo@1',
    lane: 'bulk',
    callback: null,
    state: 'accepting',
    images: 0,
    createdAt: now,
    updatedAt: now,
    ...changes,
  };
}

const queue = () => createJobQueue({ ...services, cancellations });
const announce = (job: Job) => queue().announce(job);
const headersOf = (job: string, item: number) => ({
  [headers.job]: job,
  [headers.jobItem]: String(item),
  [headers.client]: 'shop',
  [headers.reference]: `row ${item}`,
});

/** Records as the stages write them for an image of a job. */
const tagged = async (job: string, item: number) => ({
  topic: topics.imageTags('bulk'),
  key: Buffer.from('listing'),
  value: await services.codec.encode('image-tags', topics.imageTags('bulk'), imageTags(item)),
  headers: headersOf(job, item),
});
async function refused(topic: string, job: string, item: number, texts: Record<string, string>) {
  const value = await services.codec.encode(
    'listing-image',
    topics.listingImages('bulk'),
    listingImage({ imageId: `image-${item}`, url: 'https://photos.example/1.jpg' }),
  );
  return {
    topic,
    key: Buffer.from('listing'),
    value,
    headers: { ...headersOf(job, item), [headers.ceType]: eventTypes.listingImage, ...texts },
  };
}
const failed = (job: string, item: number) =>
  refused(topics.deadLetters('bulk'), job, item, {
    [errorHeaders.stage]: 'fetch',
    [errorHeaders.code]: 'not-found',
    [errorHeaders.message]: 'Nothing is there.',
    [errorHeaders.remedy]: 'Correct the URL.',
  });
const passedOver = (job: string, item: number) => refused(topics.cancelledImages('bulk'), job, item, {});

async function progressOf(job: string): Promise<JobProgress[]> {
  const found: JobProgress[] = [];
  const values: Buffer[] = [];
  await readRanges(services.kafka, await wholeTopics(services.kafka, [topics.jobProgress]), ({ key, value }) => {
    if (key?.toString() === job && value) values.push(value);
  });
  for (const value of values) found.push((await services.codec.decode('job-progress', value)) as JobProgress);
  return found;
}

const countsOf = async (job: string) => {
  const status = await open().state.find(job);
  return (
    status && {
      state: status.job.state,
      images: status.job.images,
      tagged: status.tagged,
      failed: status.failed,
      failures: status.failures,
      ended: status.finishedAt !== null,
    }
  );
};

async function resultsOf(job: string) {
  const { state, parts } = open();
  const listed = await state.parts(job, 0, 1_000);
  return (
    await Promise.all(
      listed.map(async ({ key, repeated }) =>
        (await parts.read(key)).filter((_line, index) => !repeated.includes(index)),
      ),
    )
  ).flat();
}

describe('jobs over Kafka, S3 and Redis', () => {
  it('collects one result per image, and publishes the summary of the job', async () => {
    const job = newJob();
    await announce(job);
    await services.publisher.publish([await tagged(job.id, 0), await tagged(job.id, 1), await failed(job.id, 2)]);
    await announce({ ...job, state: 'accepted', images: 4 });
    await expect
      .poll(() => countsOf(job.id), patience)
      .toMatchObject({
        state: 'accepted',
        images: 4,
        tagged: 2,
        failed: 1,
        failures: { 'not-found': 1 },
        ended: false,
      });

    // As after a crash: a result is repeated together with a new one.
    await services.publisher.publish([await tagged(job.id, 1), await tagged(job.id, 3)]);
    await expect.poll(() => countsOf(job.id), patience).toMatchObject({ tagged: 3, failed: 1, ended: true });

    const results = await resultsOf(job.id);
    expect(results.map(({ item }) => item).sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(4);
    expect(results.find(({ item }) => item === 2)).toMatchObject({
      job: job.id,
      reference: 'row 2',
      imageId: 'image-2',
      result: null,
      problem: { code: 'not-found', detail: 'Nothing is there.', remedy: 'Correct the URL.' },
    });
    expect(results.find(({ item }) => item === 3)).toMatchObject({
      result: { pipeline: 'listing-photo@1', roomType: { name: 'living room' } },
      problem: null,
    });
    const progress = await progressOf(job.id);
    expect(progress.at(-1)).toMatchObject({ part: null, summary: { images: 4, tagged: 3, failed: 1, cancelled: 0 } });
    expect(progress.filter(({ summary }) => summary !== null)).toHaveLength(1);
  });

  it('skips malformed records without blocking the partition', async () => {
    const job = newJob({ state: 'accepted', images: 2 });
    const broken = { key: Buffer.from('listing'), value: Buffer.from('none') };
    await services.publisher.publish([
      { ...broken, topic: topics.jobs, headers: {} },
      { ...broken, key: Buffer.from(job.id), topic: topics.jobProgress, headers: {} },
      { ...broken, topic: topics.imageTags('bulk'), headers: headersOf(job.id, 0) },
    ]);
    await announce(job);
    await services.publisher.publish([await tagged(job.id, 1)]);
    await expect
      .poll(() => countsOf(job.id), patience)
      .toMatchObject({ tagged: 1, failed: 1, failures: { 'invalid-event': 1 }, ended: true });
  });

  it('ends a cancelled job once all of its images have an outcome', async () => {
    const job = newJob({ state: 'accepted', images: 3 });
    await announce(job);
    await services.publisher.publish([await tagged(job.id, 0)]);
    await expect.poll(() => countsOf(job.id), patience).toMatchObject({ tagged: 1 });
    await announce({ ...job, state: 'cancelled' });
    await expect.poll(() => queue().isCancelled(job.id), patience).toBe(true);
    // A record of a gateway that did not know of the cancellation yet.
    await announce(job);
    await services.publisher.publish([await passedOver(job.id, 1), await passedOver(job.id, 2)]);
    await expect
      .poll(() => countsOf(job.id), patience)
      .toMatchObject({ state: 'cancelled', tagged: 1, failed: 2, failures: { 'job-cancelled': 2 }, ended: true });
    expect((await progressOf(job.id)).at(-1)?.summary).toEqual({ images: 3, tagged: 1, failed: 2, cancelled: 2 });
  });

  it('cancels a job whose gateway crashed', async () => {
    const job = newJob({ updatedAt: Date.now() - 120_000, images: 1 });
    await announce(job);
    await expect.poll(() => queue().isCancelled(job.id), patience).toBe(true);
    // The gateway had sent more images than it had announced.
    await services.publisher.publish([await passedOver(job.id, 0), await passedOver(job.id, 1)]);
    await expect
      .poll(() => countsOf(job.id), patience)
      .toMatchObject({ state: 'cancelled', images: 2, failed: 2, ended: true });
  });

  it('lists the jobs of a client, latest first, without expired jobs', async () => {
    const client = `lister-${randomUUID()}`;
    const idOf = (n: number) => `${n}`.padStart(32, '0');
    const idsOf = async (before?: string, count = 2) => {
      const { jobs, next } = await open().state.list(client, before, count);
      return { ids: jobs.map(({ job }) => job.id), next };
    };
    for (const n of [1, 2, 3]) await announce(newJob({ id: idOf(n), client, state: 'accepted', images: 1 }));
    await announce(newJob());
    await expect.poll(() => idsOf(undefined, 3), patience).toEqual({ ids: [idOf(3), idOf(2), idOf(1)], next: idOf(1) });
    expect(await idsOf()).toEqual({ ids: [idOf(3), idOf(2)], next: idOf(2) });
    expect(await idsOf(idOf(2))).toEqual({ ids: [idOf(1)], next: undefined });

    await redis.del(`${prefix}job:${idOf(1)}`);
    expect(await idsOf(undefined, 3)).toMatchObject({ ids: [idOf(3), idOf(2)] });
    await announce(newJob({ id: idOf(4), client, state: 'accepted', images: 1 }));
    await expect
      .poll(() => redis.zrange(`${prefix}jobs:of:${client}`, '0', '-1'), patience)
      .toEqual([idOf(2), idOf(3), idOf(4)]);
  });

  it('rebuilds a lost Redis state from the topics, even without new records', async () => {
    const job = newJob();
    await announce(job);
    await services.publisher.publish([await tagged(job.id, 0), await failed(job.id, 1)]);
    await announce({ ...job, state: 'accepted', images: 3 });
    await expect.poll(() => countsOf(job.id), patience).toMatchObject({ images: 3, tagged: 1, failed: 1 });
    const [before, results] = [await countsOf(job.id), await resultsOf(job.id)];

    const keys = await redis.keys(`${prefix}*`);
    await redis.del(...keys);
    expect(await countsOf(job.id)).toBeUndefined();
    await expect.poll(() => countsOf(job.id), patience).toEqual(before);
    expect(await resultsOf(job.id)).toEqual(results);

    await services.publisher.publish([await tagged(job.id, 2)]);
    await expect.poll(() => countsOf(job.id), patience).toMatchObject({ tagged: 2, failed: 1, ended: true });
  });
});
