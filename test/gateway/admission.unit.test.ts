import { describe, expect, it } from 'vitest';
import { createAdmission, type Admission } from '../../gateway/admission/admission.js';
import { sampleLane } from '../../gateway/admission/lane-sampler.js';
import { ProblemError } from '../../http/problems/problem.js';
import { manualClock } from './harness.js';

describe('admission', () => {
  const problemOf = (enter: () => unknown) => {
    try {
      enter();
    } catch (thrown) {
      return thrown instanceof ProblemError ? thrown.problem : thrown;
    }
    return undefined;
  };

  const entry = (images: number, deadlineMs: number, client?: string) => ({ images, deadlineMs, client });

  function open(expectedMs: number | undefined, certain = true) {
    let sent = 0;
    const clock = manualClock();
    const estimator = {
      estimate: () => (expectedMs === undefined ? undefined : { ms: expectedMs, certain }),
      sent: () => void (sent += 1),
    };
    return { clock, admission: createAdmission({ estimator, clock, inFlight: 10 }), sent: () => sent };
  }

  it('refuses a request that would miss its deadline, with the expected time and Retry-After', () => {
    const { admission, sent } = open(12_300);
    expect(problemOf(() => admission.enter(entry(1, 10_000)))).toEqual({
      code: 'overloaded',
      detail: 'A request that is sent now would take about 13 s, but the deadline is 10 s.',
      remedy: 'Try again in 3 s, or allow more time.',
      headers: { 'retry-after': '3' },
    });
    expect(sent()).toBe(0);
    expect(problemOf(() => admission.enter(entry(1, 12_300)))).toBeUndefined();
    expect(sent()).toBe(1);
  });

  it('admits one probe per second while the expected wait is uncertain', () => {
    const { admission, clock } = open(20_000, false);
    const admitted = () =>
      Array.from({ length: 5 }, () => problemOf(() => admission.enter(entry(1, 1_000))) === undefined);
    expect(admitted()).toEqual([true, false, false, false, false]);
    clock.advance(999);
    expect(admitted()).toEqual(Array(5).fill(false));
    clock.advance(1);
    expect(admitted()).toEqual([true, false, false, false, false]);
  });

  it('limits Retry-After to 30 s', () => {
    const { admission } = open(500_000);
    expect(problemOf(() => admission.enter(entry(1, 10_000)))).toMatchObject({ headers: { 'retry-after': '30' } });
  });

  it('bounds the images in flight, and releases the places of finished ones', () => {
    const { admission, sent } = open(undefined);
    const leave = admission.enter(entry(8, 1));
    expect(problemOf(() => admission.enter(entry(3, 1)))).toMatchObject({
      code: 'overloaded',
      detail: 'This gateway waits for 8 answers, and 3 more would exceed its limit of 10.',
    });
    leave();
    expect(problemOf(() => admission.enter(entry(10, 1)))).toBeUndefined();
    expect(sent()).toBe(18);
  });
});

describe('shares of clients', () => {
  /** The clients take turns to enter until admission refuses all of them. Returns the admitted requests by client. */
  function fill(admission: Admission, clients: readonly string[], deadlineMs: number): Record<string, number> {
    const got = Object.fromEntries(clients.map((client) => [client, 0]));
    for (let before = -1, all = 0; all > before;) {
      before = all;
      for (const client of clients) {
        try {
          admission.enter({ images: 1, deadlineMs, client });
          got[client] = (got[client] ?? 0) + 1;
          all += 1;
        } catch (thrown) {
          if (!(thrown instanceof ProblemError)) throw thrown;
        }
      }
    }
    return got;
  }

  /** Admission to a lane that processes ten events per second. */
  function tenASecond(inFlight = 1_000) {
    let waiting = 0;
    const estimator = { estimate: () => ({ ms: waiting * 100, certain: true }), sent: () => void (waiting += 1) };
    return createAdmission({ estimator, clock: manualClock(), inFlight });
  }

  it.each([
    [['a'], { a: 51 }],
    [['a', 'b'], { a: 34, b: 34 }],
    [['a', 'b', 'c', 'd'], { a: 21, b: 20, c: 20, d: 20 }],
  ])('divides the capacity within a deadline of 10 s among %s, and leaves room for another client', (clients, got) => {
    const admission = tenASecond();
    expect(fill(admission, clients, 10_000)).toEqual(got);
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'next' })).not.toThrow();
  });

  it('divides the places of a gateway among its clients', () => {
    const admission = createAdmission({
      estimator: { estimate: () => undefined, sent: () => undefined },
      clock: manualClock(),
      inFlight: 100,
    });
    expect(fill(admission, ['a', 'b'], 10_000)).toEqual({ a: 34, b: 33 });
    expect(() => admission.enter({ images: 1, deadlineMs: 1, client: 'a' })).toThrow(
      'This gateway waits for 67 answers, and 1 more would exceed the share of a client that has 34 in flight.',
    );
  });

  it('returns the share of a client when its images are finished', () => {
    const admission = tenASecond(10);
    const leave = admission.enter({ images: 5, deadlineMs: 10_000, client: 'a' });
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'a' })).toThrow(ProblemError);
    leave();
    expect(() => admission.enter({ images: 5, deadlineMs: 10_000, client: 'a' })).not.toThrow();
  });

  it('says in the refusal that the rest is reserved for clients with less in flight', () => {
    const admission = tenASecond();
    fill(admission, ['a'], 10_000);
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'a' })).toThrow(
      'A request that is sent now would take about 6 s of a deadline of 10 s; the rest is reserved for clients with less in flight.',
    );
  });
});

describe('sampleLane', () => {
  it('takes one reading at a time, continues after a failure, and stops', async () => {
    const clock = manualClock();
    const begun = clock.now();
    const readings: unknown[] = [];
    const failures: string[] = [];
    const answers: (() => Promise<number>)[] = [
      () => Promise.resolve(7),
      () => Promise.reject(new Error('no broker')),
      () => Promise.resolve(9),
    ];
    const asked: number[] = [];
    const sampler = sampleLane({
      estimator: { read: ({ at, entered }) => readings.push([at - begun, entered]) },
      entered: () => {
        asked.push(clock.now() - begun);
        return answers[asked.length - 1]?.() ?? new Promise(() => undefined);
      },
      clock,
      everyMs: 1_000,
      onFailure: ({ message }) => failures.push(message),
    });
    for (let second = 1; second <= 6; second += 1) {
      await new Promise(setImmediate);
      clock.advance(1_000);
    }
    // The fourth reading never settles, so no fifth starts.
    expect([asked, readings, failures]).toEqual([
      [0, 1_000, 2_000, 3_000],
      [
        [0, 7],
        [2_000, 9],
      ],
      ['no broker'],
    ]);
    sampler.stop();
  });
});
