import { setImmediate } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../../http/clients/authenticator.js';
import type { Client } from '../../../http/clients/client.js';
import { createGuard } from '../../../http/clients/guard.js';
import type { ClientLimiter, Standing } from '../../../http/clients/limiter.js';
import { bearer, keyOfClient, unlimited } from './clients-support.js';
import { knownJob } from '../../gateway/jobs/fake-jobs.js';
import type { HarnessOptions } from '../../gateway/harness.js';
import { gatewayHarness, manualClock, postJson } from '../../gateway/harness.js';

const url = 'https://photos.example/1.jpg';
const granted: Standing = { granted: true, remaining: 7, waitMs: 1_200 };
const full: Client['limits'] = { rate: { perSecond: 2.5, burst: 8 }, concurrency: 3, imagesPerDay: 100 };

/** A gateway with one client, and limits whose answers the test defines. */
function setUp(
  client: Partial<Client> = {},
  answers: { requests?: Standing; concurrency?: Standing; streams?: Standing; images?: Standing } = {},
  harness: HarnessOptions = {},
) {
  const key = keyOfClient(client);
  const metrics = new Registry();
  const asked: unknown[] = [];
  const released: string[] = [];
  const limits: ClientLimiter = {
    takeRequest: (...args) => Promise.resolve((asked.push(['requests', ...args]), answers.requests ?? granted)),
    takeSlot(client, most, kind) {
      const name = kind === 'streams' ? 'streams' : 'concurrency';
      asked.push([name, client, most]);
      return Promise.resolve({ ...(answers[name] ?? granted), release: () => void released.push(name) });
    },
    takeImages: (...args) => Promise.resolve((asked.push(['images', ...args]), answers.images ?? granted)),
  };
  const findKey = (id: string) => Promise.resolve(id === key.key.id ? key : undefined);
  const guard = createGuard({ authenticate: createAuthenticator({ findKey, clock: manualClock() }), limits, metrics });
  const gateway = gatewayHarness({ guard, ...harness });
  return {
    ...gateway,
    key: key.text,
    asked,
    metrics,
    released,
    tag: (headers: Record<string, string> = bearer(key.text)) =>
      gateway.app.request('/v1/tags', postJson({ url }, { 'x-request-id': 'r1', ...headers })),
  };
}

const limitFields = ({ headers }: Response) => [
  headers.get('ratelimit-policy'),
  headers.get('ratelimit'),
  headers.get('retry-after'),
];

describe('the guard', () => {
  it('admits a client with a key, and passes on its name', async () => {
    const { tag, calls, asked, logLines } = setUp();
    const response = await tag();
    expect([response.status, limitFields(response)]).toEqual([200, [null, null, null]]);
    expect(calls.map(({ options }) => options.client)).toEqual(['shop']);
    expect(asked).toEqual([]);
    expect(logLines).toMatchObject([{ status: 200, client: 'shop' }]);
  });

  it('answers 401 to a request without a key, before reading the body', async () => {
    const { tag, calls } = setUp();
    const response = await tag({});
    expect([response.status, response.headers.get('www-authenticate'), response.headers.get('content-type')]).toEqual([
      401,
      'Bearer',
      'application/problem+json',
    ]);
    expect(await response.json()).toEqual({
      type: '/problems/unauthorized',
      title: 'The request has no valid API key',
      status: 401,
      detail: 'The request has no API key.',
      instance: 'r1',
      code: 'unauthorized',
      remedy: 'Send "Authorization: Bearer KEY". The operator of this gateway issues keys.',
    });
    expect(calls).toEqual([]);
  });

  it('answers 403 to a key without the scope of the route', async () => {
    const response = await setUp({ scopes: ['models'] }).tag();
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { code: 'missing-scope', detail: 'The API key does not have the scope "tag"; it has "models".' },
    ]);
  });

  it.each(['/', '/healthz', '/readyz', '/metrics', '/problems/unauthorized'])('needs no key for %s', async (path) => {
    expect((await setUp().app.request(path)).status).toBe(200);
  });

  it.each(['GET', 'HEAD'])('needs a key for %s /v1/pipelines', async (method) => {
    expect((await setUp().app.request('/v1/pipelines', { method })).status).toBe(401);
  });

  it('adds RateLimit and RateLimit-Policy to the answer', async () => {
    const { tag, asked, released } = setUp(
      { limits: full },
      { concurrency: { granted: true, remaining: 2, waitMs: 0 } },
    );
    const response = await tag();
    expect([response.status, limitFields(response)]).toEqual([
      200,
      [
        '"requests";q=8;w=4, "concurrency";q=3;qu="concurrent-requests", "images";q=100;w=86400;qu="images"',
        '"requests";r=7;t=2, "concurrency";r=2;t=0, "images";r=7;t=2',
        null,
      ],
    ]);
    expect(asked).toEqual([
      ['requests', 'shop', { perSecond: 2.5, burst: 8 }],
      ['concurrency', 'shop', 3],
      ['images', 'shop', 100, 1],
    ]);
    expect(released).toEqual(['concurrency']);
  });

  it.each([
    {
      limit: 'requests',
      code: 'rate-limit-exceeded',
      detail: 'The limit of 2.5 requests per second, 8 at once, is reached.',
      waitMs: 301,
      after: '1',
    },
    {
      limit: 'concurrency',
      code: 'concurrency-limit-exceeded',
      detail: 'The limit of 3 requests in flight is reached.',
      waitMs: 1_000,
      after: '1',
    },
    {
      limit: 'images',
      code: 'daily-quota-exceeded',
      detail: 'The limit of 100 images per day is reached: 0 are left until midnight UTC.',
      waitMs: 7_200_000,
      after: '7200',
    },
  ])('answers 429 when the limit of $limit is reached', async ({ limit, code, detail, waitMs, after }) => {
    const { tag, calls, metrics } = setUp({ limits: full }, { [limit]: { granted: false, remaining: 0, waitMs } });
    const response = await tag();
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, after]);
    expect(response.headers.get('ratelimit')).toContain(`"${limit}";r=0;t=${after}`);
    expect(await response.json()).toMatchObject({
      code,
      detail,
      remedy: `Try again in ${after} s, or ask the operator of this gateway for a higher limit.`,
    });
    expect(calls).toEqual([]);
    expect(await metrics.metrics()).toContain(`fanlight_gateway_refusals_total{client="shop",limit="${limit}"} 1`);
  });

  it('releases the slot when the request fails', async () => {
    const { tag, released } = setUp({ limits: full }, {}, { tag: () => Promise.reject(new Error('broken')) });
    expect((await tag()).status).toBe(500);
    expect(released).toEqual(['concurrency']);
  });

  it('charges no image for an invalid request', async () => {
    const { app, asked, key } = setUp({ limits: { ...unlimited, imagesPerDay: 5 } });
    const response = await app.request('/v1/tags', postJson({ url: 'ftp://a/b' }, bearer(key)));
    expect([response.status, asked]).toEqual([400, []]);
  });
});

describe('the slots of an event stream', () => {
  const job = knownJob({ client: 'shop' });

  async function follow(method = 'GET', answers: Parameters<typeof setUp>[1] = {}) {
    const gateway = setUp({ scopes: ['jobs'], limits: full }, answers, {
      arrangeJobs: (jobs) => void jobs.services.queue.announce(job),
    });
    const response = await gateway.app.request(`/v1/jobs/${job.id}/events`, { method, headers: bearer(gateway.key) });
    return { ...gateway, response };
  }

  it('are one among the requests in flight and one among the streams', async () => {
    const { asked, released } = await follow();
    expect(asked).toEqual([
      ['requests', 'shop', { perSecond: 2.5, burst: 8 }],
      ['concurrency', 'shop', 3],
      ['streams', 'shop', 64],
    ]);
    expect(released).toEqual([]);
  });

  it.each<
    [
      string,
      (gateway: Awaited<ReturnType<typeof follow>>, reader: ReadableStreamDefaultReader<Uint8Array>) => Promise<void>,
    ]
  >([
    [
      'ends',
      async ({ jobs, clock }, reader) => {
        jobs.change(job.id, { tagged: 10, finishedAt: clock.now() });
        clock.advance(500);
        while (!(await reader.read()).done) await setImmediate();
      },
    ],
    [
      'is cut because its reader has stalled',
      async ({ clock }, reader) => {
        clock.advance(3_600_000);
        clock.advance(30_000);
        await expect(reader.closed).rejects.toThrow('stopped reading');
      },
    ],
    ['is cancelled by the client', (_gateway, reader) => reader.cancel()],
  ])('are released once when the stream %s', async (_name, finish) => {
    const gateway = await follow();
    const reader = gateway.response.body!.getReader();
    await reader.read();
    await reader.read();
    await setImmediate();
    expect(gateway.released).toEqual([]);
    await finish(gateway, reader);
    await setImmediate();
    expect(gateway.released.sort()).toEqual(['concurrency', 'streams']);
  });

  it('are released after HEAD', async () => {
    const { response, released } = await follow('HEAD');
    expect([response.status, released.sort()]).toEqual([200, ['concurrency', 'streams']]);
  });

  it('are refused with 429 when the client has reached its limit of streams', async () => {
    const { response, released, metrics } = await follow('GET', {
      streams: { granted: false, remaining: 0, waitMs: 1_000 },
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await response.json()).toMatchObject({
      code: 'concurrency-limit-exceeded',
      detail: 'The limit of 64 open event streams is reached.',
      remedy: 'Try again in 1 s, or close event streams that are not needed.',
    });
    expect(released).toEqual(['concurrency']);
    expect(await metrics.metrics()).toContain('fanlight_gateway_refusals_total{client="shop",limit="streams"} 1');
  });
});
