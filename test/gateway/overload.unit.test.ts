import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../gateway/admission/admission.js';
import { gatewayHarness, manualClock, postJson, resultOf } from './harness.js';

const url = 'https://photos.example/1.jpg';

function setUp({ expectedMs, inFlight }: { expectedMs?: number; inFlight: number }) {
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const admission = createAdmission({
    estimator: {
      estimate: () => (expectedMs === undefined ? undefined : { ms: expectedMs, certain: true }),
      sent: () => undefined,
    },
    clock: manualClock(),
    inFlight,
  });
  const gateway = gatewayHarness({ admission, tag: ({ image }) => answered.then(() => resultOf(image)) });
  const ask = async (wishes: object = {}) =>
    gateway.app.request('/v1/tags', postJson({ url, ...wishes }, { 'x-request-id': 'r1' }));
  return { ...gateway, answer, ask };
}

describe('an overloaded gateway', () => {
  it('refuses a request at once that would miss its deadline', async () => {
    const { ask, calls, logLines, answer } = setUp({ expectedMs: 11_000, inFlight: 10 });
    const response = await ask();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toEqual({
      type: '/problems/overloaded',
      title: 'The gateway is overloaded',
      status: 503,
      detail: 'A request that is sent now would take about 11 s, but the deadline is 10 s.',
      instance: 'r1',
      code: 'overloaded',
      remedy: 'Try again in 1 s, or allow more time.',
    });
    expect(calls).toEqual([]);
    expect(logLines).toMatchObject([{ level: 30, status: 503, code: 'overloaded' }]);
    answer();
    expect((await ask({ deadlineMs: 12_000 })).status).toBe(200);
  });

  it('bounds the images in flight', async () => {
    const { ask, calls, answer } = setUp({ inFlight: 2 });
    const waiting = [ask(), ask()];
    await expect.poll(() => calls.length).toBe(2);
    expect((await ask()).status).toBe(503);
    answer();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await ask()).status).toBe(200);
  });
});
