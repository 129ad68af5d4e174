import { describe, expect, it } from 'vitest';
import { parsePrefer } from '../../../http/requests/prefer-header.js';
import type { JobAnswer } from '../../../gateway/jobs/job-answer.js';
import { ProblemError } from '../../../http/problems/problem.js';
import { gatewayHarness, postJson, resultOf, type Call, type HarnessOptions } from '../harness.js';

const url = 'https://photos.example/1.jpg';
const prefer = { prefer: 'respond-async, wait=2' };
const never = ({ options }: Call) => {
  options.job?.onSent();
  return new Promise<never>(() => undefined);
};

async function ask(
  document: object,
  options: HarnessOptions,
  headers: Record<string, string> = prefer,
  waitMs = 2_000,
) {
  const harness = gatewayHarness(options);
  const answer = harness.app.request('/v1/tags', postJson(document, headers));
  await expect.poll(() => harness.calls.length).toBeGreaterThan(0);
  harness.clock.advance(waitMs);
  const response = await answer;
  return { harness, response, body: (await response.json()) as JobAnswer & { code?: string } };
}

describe('Prefer: respond-async', () => {
  it('answers with the tags when they are ready in time', async () => {
    const harness = gatewayHarness();
    const response = await harness.app.request('/v1/tags', postJson({ url }, prefer));
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, 'respond-async, wait=2']);
    expect(harness.jobs.announced).toEqual([]);
  });

  it('answers with a job of all distinct images when tags are late', async () => {
    const slow = (call: Call) =>
      call.image.url === url ? (call.options.job?.onSent(), Promise.resolve(resultOf(call.image))) : never(call);
    const { harness, response, body } = await ask({ images: [{ url }, { url }, { url: `${url}?2` }] }, { tag: slow });
    expect([response.status, response.headers.get('location'), response.headers.get('preference-applied')]).toEqual([
      202,
      `/v1/jobs/${body.id}`,
      'respond-async, wait=2',
    ]);
    expect(body).toMatchObject({ state: 'running', images: 2, lane: 'realtime' });
    expect(harness.calls.map(({ options }) => [options.job?.id, options.job?.item])).toEqual([
      [body.id, 0],
      [body.id, 1],
    ]);
    expect(harness.jobs.announced).toMatchObject([{ id: body.id, state: 'accepted', images: 2, lane: 'realtime' }]);
  });

  it('answers 504 after the deadline without the preference', async () => {
    const { response, harness } = await ask({ url, deadlineMs: 2_000 }, { tag: never }, {});
    expect([response.status, harness.calls[0]?.options.job]).toEqual([504, undefined]);
  });

  it('creates no job when images may not have reached the queues', async () => {
    const { response, harness } = await ask({ url }, { tag: () => new Promise(() => undefined) });
    expect([response.status, harness.jobs.announced]).toEqual([504, []]);
  });

  it('submits the images as a job in `bulk` when `realtime` is overloaded', async () => {
    const overloaded = () => {
      throw new ProblemError({ code: 'overloaded', detail: 'Much to do.', remedy: 'Wait.' });
    };
    const harness = gatewayHarness({ admission: { enter: overloaded } });
    const response = await harness.app.request(
      '/v1/tags',
      postJson({ images: [{ url }, { url: `${url}?2` }] }, prefer),
    );
    expect([response.status, await response.json()]).toMatchObject([
      202,
      { lane: 'bulk', state: 'running', images: 2 },
    ]);
    expect(harness.jobs.announced.map(({ state, images }) => [state, images])).toEqual([
      ['accepting', 0],
      ['accepted', 2],
    ]);
    expect(harness.calls).toEqual([]);
    expect(harness.jobs.sent.flatMap(({ images }) => images.map(({ item, event }) => [item, event.url]))).toEqual([
      [0, url],
      [1, `${url}?2`],
    ]);
    expect(
      (await gatewayHarness({ admission: { enter: overloaded } }).app.request('/v1/tags', postJson({ url }))).status,
    ).toBe(503);
  });
});

it.each([
  [undefined, false, undefined],
  ['respond-async', true, undefined],
  ['Respond-Async, wait=10', true, 10],
  ['wait="5"; foo=1 , respond-async', true, 5],
  ['wait=5, wait=7', false, 5],
  ['wait=soon, respond-async', true, undefined],
  ['handling=lenient', false, undefined],
])('parses the Prefer header %s', (header, respondAsync, wait) => {
  expect(parsePrefer(header)).toEqual({ respondAsync, wait });
});
