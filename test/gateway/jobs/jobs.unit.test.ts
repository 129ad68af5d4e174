import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JobAnswer } from '../../../gateway/jobs/job-answer.js';
import type { Guard } from '../../../http/clients/guard.js';
import { anonymousCaller } from '../../../http/context.js';
import type { Problem } from '../../../http/problems/problem.js';
import { knownJob } from './fake-jobs.js';
import { gatewayHarness, postJson, startedAt } from '../harness.js';
import { harnessWith, line, streamed, submit, url } from './jobs-support.js';

describe('GET /v1/jobs/{id}', () => {
  it('returns counts, rate and time left', async () => {
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

  it('waits for a job that was created a moment ago, but not for an older unknown id', async () => {
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

  it('answers 404 for the job of another client', async () => {
    const { harness, path } = harnessWith(knownJob({ client: 'other' }));
    for (const request of [
      harness.app.request(path),
      harness.app.request(path, { method: 'DELETE' }),
      harness.app.request(`${path}/results`),
      harness.app.request(`${path}/events`),
    ]) {
      expect((await request).status).toBe(404);
    }
    expect(harness.jobs.announced).toHaveLength(1);
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

  it('lists a job while its lines are still being sent, so that the client can cancel it', async () => {
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

  it('pages from the latest job of the client to earlier ones', async () => {
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

  it('refuses an invalid query, and answers `jobs-unavailable` without Redis', async () => {
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
    admit: () => Promise.resolve({ caller: { ...anonymousCaller, client, isAdmin }, release: () => undefined }),
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
    ['are not listed for others', '/v1/jobs?client=shop', [403, { code: 'missing-scope' }]],
    ['are not found by others', `/v1/jobs/${job.id}`, [404, { code: 'no-such-job' }]],
  ])('%s', async (_name, path, expected) => {
    expect(await ask(guardOf('other', false), path)).toMatchObject(expected);
  });

  it('are missing from the list of an admin that names no client; a client may name itself', async () => {
    expect(await ask(guardOf('operator', true), '/v1/jobs')).toEqual([200, { jobs: [] }]);
    expect(await ask(guardOf('shop', false), '/v1/jobs?client=shop')).toMatchObject([200, { jobs: [{ id: job.id }] }]);
  });
});

it('DELETE /v1/jobs/{id} cancels a running job once, and leaves an ended job as it is', async () => {
  const { harness, path, id } = harnessWith();
  const cancel = async () =>
    ((await (await harness.app.request(path, { method: 'DELETE' })).json()) as JobAnswer).state;
  expect([await cancel(), await cancel()]).toEqual(['cancelling', 'cancelling']);
  expect(harness.jobs.announced.map(({ state }) => state)).toEqual(['accepted', 'cancelled']);
  const other = harnessWith();
  other.harness.jobs.change(id, { tagged: 10, finishedAt: startedAt });
  expect(((await (await other.harness.app.request(path, { method: 'DELETE' })).json()) as JobAnswer).state).toBe(
    'finished',
  );
  expect(other.harness.jobs.announced).toHaveLength(1);
});

describe('GET /v1/jobs/{id}/events', () => {
  it('sends an event after each change until the job ends', async () => {
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
