import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../http/problems/problem.js';
import { gatewayHarness, postJson, postLines } from '../harness.js';
import { harnessWith, line, streamed, submit, url } from './jobs-support.js';

describe('POST /v1/jobs', () => {
  it('sends the images of a list in order with their names, and announces the accepted job', async () => {
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
    expect(harness.jobs.announced.map(({ state, images }) => [state, images])).toEqual([
      ['accepting', 0],
      ['accepted', 2],
    ]);
  });

  it('sends the images of lines while further lines arrive', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '?lane=backfill', harness);
    stream.send(`${line(0)}\n${line(1)}${line(2).slice(0, 20)}`);
    await expect.poll(() => harness.jobs.sent.flatMap(({ images }) => images.map(({ item }) => item))).toEqual([0, 1]);
    stream.send(line(2).slice(20));
    await expect
      .poll(() => harness.jobs.sent.flatMap(({ images }) => images.map(({ event }) => event.url)))
      .toEqual([`${url}?0`, `${url}?1`, `${url}?2`]);
    stream.send(line(3).trim()); // the last line needs no line break
    stream.end();
    expect((await answer).job).toMatchObject({ state: 'running', images: 4, lane: 'backfill' });
  });

  it('sends at most 500 images in one batch', async () => {
    const { harness, job } = await submit(postLines(Array.from({ length: 1_201 }, (_, n) => line(n)).join('')));
    expect(job.images).toBe(1_201);
    expect(harness.jobs.sent.map(({ images }) => images.length)).toEqual([500, 500, 201]);
  });

  it('sends heartbeats while a client pauses, and answers 408 after a minute without a byte', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '', harness);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    const states = () => harness.jobs.announced.map(({ state, images }) => `${state} ${images}`);
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
      'a line with a wrong field',
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
    ['no line', ' \n\n', 'invalid-request', /no line/],
  ])('cancels the job for %s', async (_name, text, code, detail) => {
    const { harness, job } = await submit(postLines(text));
    expect(job).toMatchObject({ code, detail: expect.stringMatching(detail) as string });
    expect(harness.jobs.announced.at(-1)?.state).toBe('cancelled');
  });

  it('cancels the job when the client disconnects during the request', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = harness.app.request('/v1/jobs', stream.init);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    stream.break();
    expect((await answer).status).toBe(499);
    expect(harness.jobs.announced.at(-1)).toMatchObject({ state: 'cancelled', images: 1 });
  });

  it('answers 409 to the sender of lines after the job was cancelled', async () => {
    const harness = gatewayHarness();
    const stream = streamed();
    const answer = submit(stream.init, '', harness);
    stream.send(line(0));
    await expect.poll(() => harness.jobs.sent.length).toBe(1);
    const id = harness.jobs.announced[0]?.id ?? '';
    expect((await harness.app.request(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(200);
    stream.send(line(1));
    expect((await answer).job).toMatchObject({ status: 409, code: 'job-cancelled' });
    expect(harness.jobs.sent).toHaveLength(1);
  });

  it.each<[string, RequestInit, string, string]>([
    ['an unknown pipeline', postJson({ images: [{ url }], pipeline: 'cats@9' }), '', 'unknown-pipeline'],
    ['a callback that cannot be used', postJson({ images: [{ url }], callback: 'gopher://a' }), '', 'invalid-callback'],
    ['a callback of lines that cannot be used', postLines(line(0)), '?callback=gopher%3A%2F%2Fa', 'invalid-callback'],
    ['the lane `realtime`', postJson({ images: [{ url }], lane: 'realtime' }), '', 'invalid-request'],
    ['no image', postJson({ images: [] }), '', 'invalid-request'],
    ['one wrong image of a list', postJson({ images: [{ url }, { url: 'ftp://a' }] }), '', 'invalid-request'],
  ])('creates no job for %s', async (_name, init, query, code) => {
    const { harness, job } = await submit(init, query);
    expect(job.code).toBe(code);
    expect(harness.jobs.announced).toEqual([]);
  });
});

describe('routes of jobs without a connection to the queues', () => {
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

  it('answers 503 to a new job after 15 s, without waiting for the cancellation', async () => {
    const harness = gatewayHarness();
    harness.jobs.cutOff();
    const answer = harness.app.request('/v1/jobs', postJson({ images: [{ url }] }));
    await expect.poll(() => harness.jobs.announced.length).toBe(1);
    expect(await problemAfter(answer, harness, 15_000)).toEqual([503, 'not-ready', true]);
    expect([harness.jobs.announced.at(-1)?.state, harness.jobs.sent]).toEqual(['cancelled', []]);
  });

  it('waits 60 s, the longest time between heartbeats, for a job that is being sent', async () => {
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
    expect(harness.jobs.announced.map(({ state }) => state)).not.toContain('cancelled');
    expect(await problemAfter(answer, harness, 30_000)).toEqual([503, 'not-ready', true]);
    expect(harness.jobs.announced.at(-1)).toMatchObject({ state: 'cancelled', images: 1 });
  });

  it('answers 503 to a cancellation after 15 s', async () => {
    const { harness, path } = harnessWith();
    harness.jobs.cutOff();
    const answer = harness.app.request(path, { method: 'DELETE' });
    await expect.poll(() => harness.jobs.announced.length).toBe(2);
    expect(await problemAfter(answer, harness, 15_000)).toEqual([503, 'not-ready', true]);
  });
});
