import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRedisDeliveredItems } from '../../../jobs/callbacks/redis-delivered-items.js';
import { createS3PartStore } from '../../../jobs/results/s3-part-store.js';
import { createS3Client } from '../../../adapters/s3-client.js';
import { createS3ImageStore } from '../../../adapters/image-store/s3-image-store.js';
import { runDlqList, runDlqReplay } from '../../../cli/dlq/dlq.js';
import type { PartStore } from '../../../jobs/results/part-store.js';
import { systemClock } from '../../../primitives/clock.js';
import { endpointLimits } from '../../../jobs/callbacks/endpoints.js';
import { progressMessage } from '../../../jobs/messages.js';
import { createTopics, ensureTopics, withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { createCallbackPublishers } from '../../../jobs/callbacks/kafka/publishers.js';
import { callbacksConsumption, callbacksPath } from '../../../jobs/callbacks/callbacks-consumption.js';
import { startConsumption } from '../../../runtime/consumption/loop.js';
import { retryConsumptions } from '../../../runtime/failures/retry-consumption.js';
import type { RunningConsumer } from '../../../runtime/kafka/consumer/consumer.js';
import { readRanges, wholeTopics } from '../../../runtime/kafka/read/ranges.js';
import type { WorkerServices } from '../../../runtime/services.js';
import type { Message } from '../../../runtime/records/message.js';
import { topics } from '../../../schemas/topics.js';
import { callbackConfig } from '../../../jobs/callbacks/config.js';
import { openCallbacks } from '../../../jobs/callbacks/callback-router.js';
import { createRedisWebhookStore } from '../../../jobs/callbacks/webhook/redis-store.js';
import { createSecret } from '../../../jobs/callbacks/webhook/secrets.js';
import { fanlightTopology } from '../../../topology/main.js';
import { endOf, jobResult, partOf } from './deliveries.js';
import { startReceiver, takesIt, verified, type Answer, type Receiver } from './receiver.js';
import { openTestServices, serverAddress } from '../../support/worker-services.js';

const bucket = `callbacks-${randomUUID()}`;
const prefix = `test-${randomUUID()}:`;
const patience = { timeout: 60_000 };
// There are more retries than failures that one delivery may meet.
const retryDelays = ['20ms', '50ms', '100ms', '150ms', '200ms', '250ms'] as const;
const secret = createSecret(randomBytes, Date.now());
const resultsTopic = `results-${randomUUID()}`;
const fatal: unknown[] = [];

let services: WorkerServices;
let parts: PartStore;
let redis: Redis;
let receiver: Receiver;
let stopWorker: (graceMs?: number) => Promise<void> = () => Promise.resolve();
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  services = await openTestServices('callbacks-test', (error) => fatal.push(error));
  const { kafka, publisher } = services;
  await ensureTopics(kafka, fanlightTopology('staged'), 1);
  await withAdmin(kafka, (admin) =>
    createTopics(
      admin,
      [...retryDelays.map((delay) => topics.retry('callbacks', delay)), resultsTopic].map((topic) => ({
        topic,
        numPartitions: 1,
      })),
    ),
  );
  redis = new Redis(serverAddress('REDIS_URL'));
  const client = createS3Client({
    endpoint: serverAddress('S3_ENDPOINT'),
    region: serverAddress('S3_REGION'),
    accessKeyId: serverAddress('S3_ACCESS_KEY_ID'),
    secretAccessKey: serverAddress('S3_SECRET_ACCESS_KEY'),
  });
  await createS3ImageStore({ client, bucket }).ensureBucket();
  parts = createS3PartStore({ client, bucket });
  await createRedisWebhookStore(redis, prefix).putSecrets('shop', [secret]);
  closing.push(
    () => publisher.close(),
    () => redis.disconnect(),
    () => client.destroy(),
  );
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stopWorker();
  stopWorker = () => Promise.resolve();
  await receiver.close();
  expect(fatal).toEqual([]);
});

async function startWorker(): Promise<void> {
  const publishers = createCallbackPublishers(services.kafka);
  const config = callbackConfig({ allow: '127.0.0.1/32', topics: resultsTopic, timeoutMs: '2000' });
  const callbacks = await openCallbacks({
    environment: {},
    config,
    clock: systemClock,
    publishTo: publishers.publishTo,
    webhooks: createRedisWebhookStore(redis, prefix),
  });
  const deliveries = callbacksConsumption({
    callbacks,
    parts,
    delivered: createRedisDeliveredItems(redis, prefix),
    services,
    retryDelays,
    // Circuits stay open for less time than the retries of these tests take.
    limits: { ...endpointLimits, openMs: 20 },
  });
  const consumptions = [deliveries, ...retryConsumptions(callbacksPath(retryDelays).lane, services.clock)];
  const consumers: readonly RunningConsumer[] = await Promise.all(
    consumptions.map((consumption) => startConsumption(consumption, services)),
  );
  stopWorker = async (graceMs = 2_000) => {
    await Promise.all(consumers.map((consumer) => consumer.stop(graceMs)));
    await Promise.all([callbacks.close(), publishers.close()]);
  };
  await expect.poll(() => consumers.every(({ ready }) => ready), patience).toBe(true);
}

/** Writes a job as the worker `jobs` does, in parts of ten images. */
async function announce(job: string, callback: string, images: number): Promise<void> {
  for (let from = 0; from < images; from += 10) {
    const { part, results } = partOf(job, from, Math.min(images, from + 10));
    await parts.write(part.key, results);
    await say(job, callback, { part, summary: null });
  }
  await say(job, callback, { part: null, summary: endOf(job, images).summary });
}

async function say(
  job: string,
  callback: string,
  what: Pick<Parameters<typeof progressMessage>[0], 'part' | 'summary'>,
): Promise<void> {
  await services.publisher.publish([
    await progressMessage({ job, client: 'shop', callback, at: Date.now(), ...what }, services.codec),
  ]);
}

interface Body {
  readonly type: string;
  readonly data: { readonly job: string; readonly results?: readonly { readonly id: string }[] };
}

/** Requests that were answered with 2xx. */
const taken = new WeakSet<object>();
const takes: Answer = (response, request) => {
  taken.add(request);
  takesIt(response, request);
};
/** Returns the bodies of accepted requests about the job, after checking their signatures. */
function takenOf(job: string): Body[] {
  return receiver.requests
    .filter((request) => taken.has(request))
    .map((request) => verified(secret.secret, request) as Body)
    .filter(({ data }) => data.job === job);
}
const resultsOf = (bodies: readonly Body[]) =>
  new Set(bodies.flatMap(({ data }) => data.results?.map(({ id }) => id) ?? []));
const allResults = (job: string, count: number) =>
  new Set(Array.from({ length: count }, (_, item) => jobResult(job, item).id));

/** Answers each request by the next of the answers, and all further requests by the last one. */
function inTurn(...answers: readonly Answer[]): Answer {
  let turn = 0;
  return (response, request) => answers[Math.min(turn++, answers.length - 1)]?.(response, request);
}
const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end();

describe('the callbacks worker', () => {
  it('delivers every result despite failures of every kind, and the summary last', async () => {
    const job = randomUUID();
    const hangsUp: Answer = (response) => response.destroy();
    const hangs: Answer = () => undefined;
    receiver.answer = inTurn(status(500), takes, hangsUp, status(503), hangs, takes, status(429), takes);
    await startWorker();
    await announce(job, receiver.url(), 60);
    await expect.poll(() => takenOf(job).at(-1)?.type, patience).toBe('job.finished');
    expect(resultsOf(takenOf(job))).toEqual(allResults(job, 60));
    expect(takenOf(job).filter(({ type }) => type === 'job.finished')).toHaveLength(1);
  });

  it('repeats deliveries that were in flight at its stop, with the same ids', async () => {
    const job = randomUUID();
    receiver.answer = () => undefined;
    await startWorker();
    await announce(job, receiver.url(), 30);
    await expect.poll(() => receiver.requests.length, patience).toBeGreaterThanOrEqual(3);
    const before = receiver.requests.map(({ headers }) => headers['webhook-id']);
    await stopWorker(0);
    expect(takenOf(job)).toEqual([]);
    receiver.answer = takes;
    await startWorker();
    await expect.poll(() => takenOf(job).at(-1)?.type, patience).toBe('job.finished');
    expect(resultsOf(takenOf(job))).toEqual(allResults(job, 30));
    const after = receiver.requests.filter((request) => taken.has(request)).map(({ headers }) => headers['webhook-id']);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it('writes dead letters after its last attempt, delivers replayed ones, and does not affect another endpoint', async () => {
    const [dead, alive] = [randomUUID(), randomUUID()];
    let works = false;
    receiver.answer = (response, request) =>
      (request.path === '/alive' || works ? takes : status(500))(response, request);
    await startWorker();
    await announce(dead, receiver.url('/dead'), 20);
    await announce(alive, receiver.url('/alive'), 20);
    await expect.poll(() => takenOf(alive).at(-1)?.type, patience).toBe('job.finished');
    // Both parts, and the summary, which no longer waits for them.
    await expect.poll(() => letters(dead).then((found) => found.length), { ...patience, interval: 500 }).toBe(3);
    const [letter] = await letters(dead);
    expect(letter?.headers).toMatchObject({
      '__fanlight.errors.code': 'callback-failed',
      '__fanlight.errors.attempts': '7',
      '__fanlight.errors.topic': 'callbacks',
    });
    expect(takenOf(dead)).toEqual([]);

    works = true;
    const environment = {
      FANLIGHT_KAFKA_BROKERS: serverAddress('KAFKA_BROKERS'),
      FANLIGHT_REGISTRY_URL: serverAddress('REGISTRY_URL'),
    };
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    await runDlqList({ lane: ['callbacks'], code: 'callback-failed', json: true }, environment);
    // Dead letters of earlier tests, whose receivers are closed, may be listed too.
    const keys = written.map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys.filter((key) => key === dead)).toHaveLength(3);
    expect(keys).not.toContain(alive);
    expect(await runDlqReplay([], { lane: ['callbacks'], code: 'callback-failed' }, environment)).toBe(0);
    await expect.poll(() => [...resultsOf(takenOf(dead))].length, patience).toBe(20);
    await expect.poll(() => takenOf(dead).some(({ type }) => type === 'job.finished'), patience).toBe(true);
  });

  it('writes to an allowed Kafka topic, and writes a dead letter for a target that is not allowed', async () => {
    const [job, other] = [randomUUID(), randomUUID()];
    await startWorker();
    await announce(job, `kafka:${resultsTopic}`, 12);
    await announce(other, 'kafka:image-tags.bulk', 1);
    const written = async () => (await read(resultsTopic)).map(({ headers }) => headers);
    await expect
      .poll(() => written().then((found) => found.at(-1)?.['ce_type']), { ...patience, interval: 500 })
      .toBe('fanlight.job-summary.v1');
    expect(new Set((await written()).map((headers) => headers['ce_id']))).toEqual(
      new Set([...allResults(job, 12), endOf(job, 12).id]),
    );
    await expect
      .poll(() => letters(other).then((found) => found.map(({ headers }) => headers['__fanlight.errors.code'])), {
        ...patience,
        interval: 500,
      })
      .toEqual(['invalid-callback', 'invalid-callback']);
  });
});

async function read(topic: string): Promise<Message[]> {
  const messages: Message[] = [];
  await readRanges(services.kafka, await wholeTopics(services.kafka, [topic]), (message) => messages.push(message));
  return messages;
}

async function letters(job: string): Promise<Message[]> {
  return (await read(topics.deadLetters('callbacks'))).filter(
    ({ key, headers }) => key?.toString() === job && headers['__fanlight.errors.code'] !== undefined,
  );
}
