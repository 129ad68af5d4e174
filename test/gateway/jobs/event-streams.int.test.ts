import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createRedisJobState } from '../../../jobs/state/redis-job-state.js';
import { createAuthenticator } from '../../../http/clients/authenticator.js';
import type { Client } from '../../../http/clients/client.js';
import { createGuard } from '../../../http/clients/guard.js';
import { connectRedis } from '../../../adapters/redis-connection.js';
import { createRedisLimiter } from '../../../http/clients/redis-limiter.js';
import type { StreamBounds } from '../../../gateway/jobs/stream-bounds.js';
import type { Problem } from '../../../http/problems/problem.js';
import { serveHttp } from '../../../http/server.js';
import type { JobStates } from '../../../jobs/state/job-states.js';
import { systemClock } from '../../../primitives/clock.js';
import type { Job } from '../../../schemas/jobs.js';
import { addressOf, cuttableProxy, throughProxy } from '../../sinks/cuttable-proxy.js';
import { storeAddress } from '../../sinks/store-address.js';
import { bearer, keyOfClient, unlimited } from '../../http/clients/clients-support.js';
import { knownJob } from './fake-jobs.js';
import { gatewayHarness } from '../harness.js';

const url = storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '';
const patience = { timeout: 20_000 };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const newId = () => randomUUID().replaceAll('-', '');
const newPrefix = () => `test-${randomUUID()}:`;

interface Options {
  readonly prefix: string;
  readonly limits?: Partial<Client['limits']>;
  readonly streams?: Partial<StreamBounds>;
  readonly address?: string;
}

const key = keyOfClient({ scopes: ['jobs'] });

/** Starts a gateway with one client. Its limits and job states are in a real Redis. */
async function openGateway({ prefix, limits = {}, streams = {}, address = url }: Options) {
  const redis = connectRedis({ url: address });
  const own = createRedisLimiter({ redis, prefix, clock: systemClock, randomHex: () => randomUUID() });
  closing.push(
    () => own.close(),
    () => redis.disconnect(),
  );
  await expect.poll(() => redis.status, patience).toBe('ready');
  const found = { key: key.key, client: { ...key.client, limits: { ...unlimited, ...limits } } };
  const authenticate = createAuthenticator({ findKey: () => Promise.resolve(found), clock: systemClock });
  const guard = createGuard({ authenticate, limits: own, metrics: new Registry() });
  const state = createRedisJobState({ redis, prefix });
  let lookUps = 0;
  const states: JobStates = { ...state, find: (id) => ((lookUps += 1), state.find(id)) };
  const { app } = gatewayHarness({ guard, states, streams, clock: systemClock });
  const server = await serveHttp(app, { port: 0, host: '127.0.0.1' });
  closing.push(() => server.close(0));
  return { origin: `http://127.0.0.1:${server.port}`, redis, lookUps: () => lookUps };
}

/** Writes jobs to Redis as the worker `jobs` does. */
async function openJobs(prefix: string) {
  const redis = connectRedis({ url });
  closing.push(() => redis.disconnect());
  await expect.poll(() => redis.status, patience).toBe('ready');
  const state = createRedisJobState({ redis, prefix });
  let position: bigint | undefined;
  /** Returns the coordinates of the next record, and the position expected before it. */
  const next = () => {
    const expected = position;
    position = (expected ?? 0n) + 1n;
    return [{ topic: 'all', partition: 0, offset: expected ?? 0n }, expected] as const;
  };
  const progress = { client: 'shop', callback: null, summary: null, at: 1_700_000_001_000 };
  return {
    async start(changes: Partial<Job> = {}) {
      const job = knownJob({ id: newId(), client: 'shop', images: 2, ...changes });
      await state.applyJob(...next(), job);
      return job.id;
    },
    tag(job: string, item: number) {
      const part = { key: `${item}`, items: [item], failed: {} };
      return state.applyProgress(...next(), { ...progress, job, part });
    },
    finish: (job: string) => state.applyProgress(...next(), { ...progress, job, part: null }),
  };
}

const eventForm = /event: (\w+)\ndata: .*?"tagged":(\d+)/g;

/** Opens an event stream of a job over HTTP. */
async function follow(origin: string, id: string) {
  const gone = new AbortController();
  const response = await fetch(`${origin}/v1/jobs/${id}/events`, { headers: bearer(key.text), signal: gone.signal });
  let text = '';
  const ended =
    response.status !== 200
      ? Promise.resolve()
      : (async () => {
          for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
        })().catch(() => undefined);
  return {
    status: response.status,
    problem: async () => (await response.json()) as Problem,
    retryAfter: response.headers.get('retry-after'),
    /** Returns the names of events with their number of tagged images, such as `progress 1`. */
    events: () => [...text.matchAll(eventForm)].map(([, name, tagged]) => `${name} ${tagged}`),
    ended,
    leave: () => gone.abort(),
  };
}

describe('GET /v1/jobs/{id}/events over TCP', () => {
  it('sends progress and end of one job to 250 followers from one poll', async () => {
    const prefix = newPrefix();
    const jobs = await openJobs(prefix);
    const { origin, lookUps } = await openGateway({ prefix, streams: { perClient: 250 } });
    const id = await jobs.start();
    const followers = await Promise.all(Array.from({ length: 250 }, () => follow(origin, id)));
    expect(followers.map(({ status }) => status)).toEqual(Array(250).fill(200));
    const eventsOfAll = () => [...new Set(followers.map(({ events }) => events().join(', ')))];
    await expect.poll(eventsOfAll, patience).toEqual(['progress 0']);
    const begun = performance.now();
    const asked = lookUps();
    await jobs.tag(id, 0);
    await expect.poll(eventsOfAll, patience).toEqual(['progress 0, progress 1']);
    await jobs.tag(id, 1);
    await jobs.finish(id);
    await Promise.all(followers.map(({ ended }) => ended));
    expect(eventsOfAll().every((events) => /^progress 0, progress 1, (progress 2, )?end 2$/.test(events))).toBe(true);
    expect(lookUps() - asked).toBeLessThanOrEqual(Math.ceil((performance.now() - begun) / 500));
  });

  it('survives a Redis outage, and refuses new streams during it', async () => {
    const prefix = newPrefix();
    const jobs = await openJobs(prefix);
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const { origin, redis, lookUps } = await openGateway({ prefix, address: throughProxy(url, proxy) });
    const id = await jobs.start();
    const follower = await follow(origin, id);
    await expect.poll(follower.events, patience).toEqual(['progress 0']);
    await proxy.cut();
    await expect.poll(() => redis.status, patience).not.toBe('ready');
    const refused = await follow(origin, id);
    expect([refused.status, (await refused.problem()).code]).toEqual([503, 'jobs-unavailable']);
    const asked = lookUps();
    await expect.poll(lookUps, patience).toBeGreaterThan(asked + 1);
    await jobs.tag(id, 0);
    await proxy.restore();
    await expect.poll(follower.events, patience).toEqual(['progress 0', 'progress 1']);
    await jobs.tag(id, 1);
    await jobs.finish(id);
    await follower.ended;
    expect(follower.events().at(-1)).toBe('end 2');
  });
});

describe('event streams of one client on two gateways', () => {
  async function openTwo(options: Omit<Options, 'prefix'>) {
    const prefix = newPrefix();
    const jobs = await openJobs(prefix);
    const one = await openGateway({ prefix, ...options });
    const two = await openGateway({ prefix, ...options });
    return { jobs, id: await jobs.start(), origins: [one.origin, two.origin] as const };
  }

  it('count against the concurrency limit of the client until they close', async () => {
    const {
      jobs,
      id,
      origins: [one, two],
    } = await openTwo({ limits: { concurrency: 3 } });
    const open = [await follow(one, id), await follow(two, id), await follow(one, id)];
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await follow(two, id);
    expect(refused.status).toBe(429);
    const detail = 'The limit of 3 requests in flight is reached.';
    expect(await refused.problem()).toMatchObject({ code: 'concurrency-limit-exceeded', detail });

    open[0]?.leave();
    await expect.poll(async () => (await follow(two, id)).status, patience).toBe(200);
    expect((await follow(one, id)).status).toBe(429);

    await jobs.finish(id);
    await open[1]?.ended;
    await expect.poll(async () => (await follow(one, id)).status, patience).toBe(200);
  });

  it('have their own bound when the concurrency of the client has none', async () => {
    const {
      id,
      origins: [one, two],
    } = await openTwo({ streams: { perClient: 2 } });
    const open = [await follow(one, id), await follow(two, id)];
    expect(open.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await follow(one, id);
    expect([refused.status, refused.retryAfter]).toEqual([429, '1']);
    const detail = 'The limit of 2 open event streams is reached.';
    expect(await refused.problem()).toMatchObject({ code: 'concurrency-limit-exceeded', detail });

    open[1]?.leave();
    await expect.poll(async () => (await follow(one, id)).status, patience).toBe(200);
  });
});
