import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JobAnswer } from '../../gateway/jobs/job-answer.js';
import type { Guard } from '../../http/clients/guard.js';
import { anyone } from '../../http/context.js';
import type { Problem } from '../../http/problems/problem.js';
import type { JobResult } from '../../schemas/jobs.js';
import { knownJob } from './fake-jobs.js';
import { gatewayHarness, postJson, postLines, startedAt } from './harness.js';

const url = 'https://photos.example/1.jpg';
const line = (n: number, more: object = {}) => `${JSON.stringify({ url: `${url}?${n}`, ...more })}\n`;

async function submit(init: RequestInit, query = '', harness = gatewayHarness()) {
  const response = await harness.app.request(`/v1/jobs${query}`, init);
  return { harness, response, job: (await response.json()) as JobAnswer & Problem };
}

/** A request whose body the test sends. */
function streamed() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  // Node requires `duplex` for a streamed body, but the type lacks it.
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  } as RequestInit;
  return {
    init,
    send: (text: string) => controller?.enqueue(Buffer.from(text)),
    end: () => controller?.close(),
    break: () => controller?.error(new Error('cut off')),
  };
}

describe('POST /v1/jobs', () => {
  it('sends a list in order, with the ids and references of the client, and answers 202', async () => {
    const { harness, response, job } = await submit(
      postJson({
        images: [{ url, reference: 'front', imageId: 'i', listingId: 'l' }, { url: `${url}?2` }],
        lane: 'backfill',
        pipeline: 'moderation-only@1',
        callback: 'https://client.example/hook',
      }),
    );
    expect([response.status, response.headers.get('location')]).toEqual([202, `/v1/jobs/${job.id}`]);
    expect(job).toMatchObject({
      state: 'running',
      images: 2,
      waiting: 2,
      lane: 'backfill',
      pipeline: 'moderation-only@1',
      callback: 'https://client.example/hook',
    });
    const [sent] = harness.jobs.sent;
    expect(sent).toMatchObject({
      job: job.id,
      images: [
        { item: 0, reference: 'front', event: { url, imageId: 'i', listingId: 'l', pipeline: 'moderation-only@1' } },
        { item: 1, reference: null, event: { url: `${url}?2` } },
      ],
    });
    expect(harness.jobs.said.map(({ state, images }) => [state, images])).toEqual([
      ['accepting', 0],
      ['accepted', 2],
    ]);
  });

  it('sends lines to the queues while they arrive', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '?lane=backfill', harness);
    stream.send(`${line(0)}\n${line(1)}${line(2).slice(0, 20)}`);
    await expect.poll(() => harness.jobs.sent.flatMap(({ images }) => images.map(({ item }) => item))).toEqual([0, 1]);
    stream.send(line(2).slice(20));
    await expect
      .poll(() => harness.jobs.sent.flatMap(({ images }) => images.map(({ event }) => event.url)))
      .toEqual([`${url}?0`, `${url}?1`, `${url}?2`]);
    stream.send(line(3).trim()); // the last line needs no line feed
    stream.end();
    expect((await answer).job).toMatchObject({ state: 'running', images: 4, lane: 'backfill' });
  });

  it('sends at most 500 lines at a time', async () => {
    const { harness, job } = await submit(postLines(Array.from({ length: 1_201 }, (_, n) => line(n)).join('')));
    expect(job.images).toBe(1_201);
    expect(harness.jobs.sent.map(({ images }) => images.length)).toEqual([500, 500, 201]);
  });

  it('publishes heartbeats while a client pauses, and cancels the job after a minute without a line', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '', harness);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    const states = () => harness.jobs.said.map(({ state, images }) => `${state} ${images}`);
    for (const beats of [1, 2, 3, 4, 5]) {
      harness.clock.advance(10_000);
      await expect.poll(states).toEqual(['accepting 0', ...Array<string>(beats).fill('accepting 1')]);
    }
    harness.clock.advance(10_000);
    const { response, job } = await answer;
    expect([response.status, job.code]).toEqual([408, 'request-timeout']);
    await expect.poll(() => states().at(-1)).toBe('cancelled 1');
  });

  it.each<[string, string, string, RegExp]>([
    ['a line that is not JSON', `${line(0)}{"url":\n`, 'malformed-json', /^Line 2 cannot be read/],
    [
      'a line with an invalid field',
      `${line(0)}\n${line(1, { colour: 1 })}`,
      'invalid-request',
      /^Line 3: #\/colour: Unknown field/,
    ],
    [
      'a line that is too long',
      `${line(0)}${line(1, { reference: 'x'.repeat(20_000) })}`,
      'line-too-long',
      /^Line 2 is longer than 16384 bytes/,
    ],
    ['a line that never ends', `${line(0)}${'x'.repeat(40_000)}`, 'line-too-long', /^Line 2/],
    ['a body without a line', ' \n\n', 'invalid-request', /no line/],
  ])('cancels the job for %s', async (_name, text, code, detail) => {
    const { harness, job } = await submit(postLines(text));
    expect(job).toMatchObject({ code, detail: expect.stringMatching(detail) as string });
    expect(harness.jobs.said.at(-1)?.state).toBe('cancelled');
  });

  it('cancels the job when the client disconnects before the end of its body', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = harness.app.request('/v1/jobs', stream.init);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    stream.break();
    expect((await answer).status).toBe(499);
    expect(harness.jobs.said.at(-1)).toMatchObject({ state: 'cancelled', images: 1 });
  });

  it('stops reading the lines of a job that was cancelled', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '', harness);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    const id = harness.jobs.said[0]?.id ?? '';
    expect((await harness.app.request(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(200);
    stream.send(line(1));
    expect((await answer).job).toMatchObject({ status: 409, code: 'job-cancelled' });
    expect(harness.jobs.sent).toHaveLength(1);
  });

  it.each<[string, RequestInit, string, string]>([
    ['an unknown pipeline', postJson({ images: [{ url }], pipeline: 'cats@9' }), '', 'unknown-pipeline'],
    [
      'a list with an unsupported callback',
      postJson({ images: [{ url }], callback: 'gopher://a' }),
      '',
      'invalid-callback',
    ],
    ['lines with an unsupported callback', postLines(line(0)), '?callback=gopher%3A%2F%2Fa', 'invalid-callback'],
    ['the realtime lane', postJson({ images: [{ url }], lane: 'realtime' }), '', 'invalid-request'],
    ['no image', postJson({ images: [] }), '', 'invalid-request'],
    ['a list with one invalid image', postJson({ images: [{ url }, { url: 'ftp://a' }] }), '', 'invalid-request'],
  ])('creates no job for %s', async (_name, init, query, code) => {
    const { harness, job } = await submit(init, query);
    expect(job.code).toBe(code);
    expect(harness.jobs.said).toEqual([]);
  });
});

function harnessWith(job = knownJob()) {
  const harness = gatewayHarness();
  void harness.jobs.services.queue.announce(job);
  return { harness, path: `/v1/jobs/${job.id}`, id: job.id };
}

describe('a gateway whose queues are cut off', () => {
  const problemAfter = async (
    answer: Response | Promise<Response>,
    harness: ReturnType<typeof gatewayHarness>,
    ms: number,
  ) => {
    await setImmediate();
    harness.clock.advance(ms);
    const response = await answer;
    return [response.status, ((await response.json()) as Problem).code, response.headers.has('retry-after')];
  };

  it('answers 503 to a new job, without waiting for its cancellation to become durable', async () => {
    const harness = gatewayHarness();
    harness.jobs.cutOff();
    const answer = harness.app.request('/v1/jobs', postJson({ images: [{ url }] }));
    await expect.poll(() => harness.jobs.said.length).toBe(1);
    expect(await problemAfter(answer, harness, 15_000)).toEqual([503, 'not-ready', true]);
    expect([harness.jobs.said.at(-1)?.state, harness.jobs.sent]).toEqual(['cancelled', []]);
  });

  it('waits longer for a job whose lines are arriving', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = harness.app.request('/v1/jobs', stream.init);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    await setImmediate();
    harness.jobs.cutOff();
    stream.send(line(1));
    await expect.poll(() => harness.jobs.sent.length).toBe(2);
    harness.clock.advance(30_000);
    expect(harness.jobs.said.map(({ state }) => state)).not.toContain('cancelled');
    expect(await problemAfter(answer, harness, 30_000)).toEqual([503, 'not-ready', true]);
    expect(harness.jobs.said.at(-1)).toMatchObject({ state: 'cancelled', images: 1 });
  });

  it('answers 503 to a cancellation', async () => {
    const { harness, path } = harnessWith();
    harness.jobs.cutOff();
    const answer = harness.app.request(path, { method: 'DELETE' });
    await expect.poll(() => harness.jobs.said.length).toBe(2);
    expect(await problemAfter(answer, harness, 15_000)).toEqual([503, 'not-ready', true]);
  });
});

describe('GET /v1/jobs/{id}', () => {
  it('returns counts, rate and remaining time', async () => {
    const { harness, path, id } = harnessWith();
    harness.jobs.change(id, { tagged: 3, failed: 1, failures: { 'not-found': 1 }, samples: [[startedAt, 0]] });
    harness.clock.advance(8_000);
    expect(await (await harness.app.request(path)).json()).toMatchObject({
      state: 'running',
      images: 10,
      tagged: 3,
      failed: 1,
      waiting: 6,
      failures: { 'not-found': 1 },
      imagesPerSecond: 0.5,
      secondsLeft: 12,
    });
  });

  it('waits for the state of a job that was accepted a moment ago, and not for unknown ids', async () => {
    const harness = gatewayHarness();
    const young = knownJob();
    const answer = harness.app.request(`/v1/jobs/${young.id}`);
    await setImmediate();
    await harness.jobs.services.queue.announce(young);
    harness.clock.advance(100);
    expect((await answer).status).toBe(200);
    harness.clock.advance(60_000);
    expect((await harness.app.request(`/v1/jobs/${young.id.replace('aa', 'bb')}`)).status).toBe(404);
  });

  it('answers 404 for a job of another client', async () => {
    const { harness, path } = harnessWith(knownJob({ client: 'other' }));
    for (const request of [
      harness.app.request(path),
      harness.app.request(path, { method: 'DELETE' }),
      harness.app.request(`${path}/results`),
      harness.app.request(`${path}/events`),
    ]) {
      expect((await request).status).toBe(404);
    }
    expect(harness.jobs.said).toHaveLength(1);
  });
});

describe('GET /v1/jobs', () => {
  const page = async (harness: ReturnType<typeof gatewayHarness>, path = '/v1/jobs') => {
    const response = await harness.app.request(path);
    const { jobs } = (await response.json()) as { jobs: JobAnswer[] };
    return {
      ids: jobs.map(({ id }) => id),
      states: jobs.map(({ state }) => state),
      next: /<(.*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1],
    };
  };

  it('lists a job whose lines are still arriving, so that it can be cancelled', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '', harness);
    stream.send(line(0));
    await expect.poll(async () => (await page(harness)).states).toEqual(['accepting']);
    const [id] = (await page(harness)).ids;
    expect((await harness.app.request(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(200);
    stream.send(line(1));
    expect((await answer).job.code).toBe('job-cancelled');
  });

  it('pages from the latest job of the client to the earliest', async () => {
    const harness = gatewayHarness();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.unshift((await submit(postJson({ images: [{ url }] }), '', harness)).job.id);
      harness.clock.advance(1_000);
    }
    await harness.jobs.services.queue.announce(knownJob({ client: 'other' }));
    const first = await page(harness, '/v1/jobs?limit=2');
    const second = await page(harness, first.next);
    const third = await page(harness, second.next);
    expect([first.ids, second.ids, third.ids]).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    expect(third.next).toBeUndefined();
  });

  it('refuses an invalid page, and answers 503 while Redis is away', async () => {
    const harness = gatewayHarness();
    const codeOf = async (path: string) => ((await (await harness.app.request(path)).json()) as Problem).code;
    expect([
      await codeOf('/v1/jobs?cursor=1.2'),
      await codeOf('/v1/jobs?limit=101'),
      await codeOf('/v1/jobs?page=2'),
    ]).toEqual(['invalid-cursor', 'invalid-request', 'invalid-request']);
    harness.jobs.setAway(true);
    expect(await codeOf('/v1/jobs')).toBe('jobs-unavailable');
  });
});

describe('jobs of other clients', () => {
  const guardOf = (client: string, isAdmin: boolean): Guard => ({
    admit: () => Promise.resolve({ caller: { ...anyone, client, isAdmin }, release: () => undefined }),
  });
  const job = knownJob({ client: 'shop' });

  async function ask(guard: Guard, path: string, method = 'GET') {
    const harness = gatewayHarness({ guard, arrangeJobs: (jobs) => void jobs.services.queue.announce(job) });
    const response = await harness.app.request(path, { method });
    return [response.status, await response.json()];
  }

  it.each([
    ['can be listed by admins', `/v1/jobs?client=shop`, 'GET', [200, { jobs: [{ id: job.id, client: 'shop' }] }]],
    ['can be read by admins', `/v1/jobs/${job.id}`, 'GET', [200, { id: job.id, client: 'shop' }]],
    ['can be cancelled by admins', `/v1/jobs/${job.id}`, 'DELETE', [200, { state: 'cancelling' }]],
  ])('%s', async (_name, path, method, expected) => {
    expect(await ask(guardOf('operator', true), path, method)).toMatchObject(expected);
  });

  it.each([
    ['cannot be listed by clients without the scope admin', '/v1/jobs?client=shop', [403, { code: 'missing-scope' }]],
    ['do not exist for clients without the scope admin', `/v1/jobs/${job.id}`, [404, { code: 'no-such-job' }]],
  ])('%s', async (_name, path, expected) => {
    expect(await ask(guardOf('other', false), path)).toMatchObject(expected);
  });

  it('are missing in the list of an admin that names no client, and a client may name itself', async () => {
    expect(await ask(guardOf('operator', true), '/v1/jobs')).toEqual([200, { jobs: [] }]);
    expect(await ask(guardOf('shop', false), '/v1/jobs?client=shop')).toMatchObject([200, { jobs: [{ id: job.id }] }]);
  });
});

it('DELETE /v1/jobs/{id} publishes one cancellation, and none for a finished job', async () => {
  const { harness, path, id } = harnessWith();
  const cancel = async () =>
    ((await (await harness.app.request(path, { method: 'DELETE' })).json()) as JobAnswer).state;
  expect([await cancel(), await cancel()]).toEqual(['cancelling', 'cancelling']);
  expect(harness.jobs.said.map(({ state }) => state)).toEqual(['accepted', 'cancelled']);
  const other = harnessWith();
  other.harness.jobs.change(id, { tagged: 10, finishedAt: startedAt });
  expect(((await (await other.harness.app.request(path, { method: 'DELETE' })).json()) as JobAnswer).state).toBe(
    'finished',
  );
  expect(other.harness.jobs.said).toHaveLength(1);
});

describe('GET /v1/jobs/{id}/results', () => {
  async function readAll(harness: ReturnType<typeof gatewayHarness>, first: string) {
    const pages: number[][] = [];
    for (let next: string | undefined = first; next !== undefined;) {
      const response = await harness.app.request(next);
      const text = await response.text();
      pages.push(
        text
          .split('\n')
          .filter((each) => each !== '')
          .map((each) => (JSON.parse(each) as JobResult).item),
      );
      next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    return pages;
  }

  it('pages through parts, leaves out repeated lines, and ends with the job', async () => {
    const { harness, path, id } = harnessWith();
    harness.jobs.addPart(id, [0, 1, 2, 3]);
    harness.jobs.addPart(id, [3, 4, -5], [0]);
    harness.jobs.addPart(id, [6]);
    harness.jobs.change(id, { finishedAt: startedAt });
    expect(await readAll(harness, `${path}/results?limit=3`)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(await readAll(harness, `${path}/results`)).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
  });

  it('returns an empty page with a next link while results are missing', async () => {
    const { harness, path, id } = harnessWith();
    const first = await harness.app.request(`${path}/results`);
    expect([await first.text(), first.headers.get('link')]).toEqual([
      '',
      `<${path}/results?cursor=0.0&limit=1000>; rel="next"`,
    ]);
    harness.jobs.addPart(id, [0]);
    const second = await harness.app.request(`${path}/results?cursor=0.0`);
    expect([((await second.text()).match(/\n/g) ?? []).length, second.headers.get('link')]).toEqual([
      1,
      `<${path}/results?cursor=1.0&limit=1000>; rel="next"`,
    ]);
  });

  it.each(['cursor=x', 'cursor=1', 'limit=0', 'limit=5001', 'limit=a', 'page=2'])('refuses ?%s', async (query) => {
    const { harness, path } = harnessWith();
    expect((await harness.app.request(`${path}/results?${query}`)).status).toBe(400);
  });
});

describe('GET /v1/jobs/{id}/events', () => {
  it('sends changes until the job ends', async () => {
    const { harness, path, id } = harnessWith();
    const response = await harness.app.request(`${path}/events`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const next = async () => (text += (await reader?.read())?.value ?? '');
    await next();
    await next();
    expect(text).toMatch(/^retry: 2000\n\nevent: progress\ndata: \{.*"tagged":0.*\}\n\n$/);

    const changed = next();
    harness.clock.advance(500); // nothing has changed
    await setImmediate();
    harness.jobs.change(id, { tagged: 5 });
    harness.clock.advance(500);
    await changed;
    const ended = next();
    await setImmediate();
    harness.jobs.change(id, { tagged: 10, finishedAt: startedAt + 1_000 });
    harness.clock.advance(500);
    await ended;
    expect(
      [...text.matchAll(/event: (\w+)\ndata: .*?"tagged":(\d+)/g)].map(([, name, tagged]) => `${name} ${tagged}`),
    ).toEqual(['progress 0', 'progress 5', 'end 10']);
    expect((await reader?.read())?.done).toBe(true);
  });
});
