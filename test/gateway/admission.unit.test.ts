import { describe, expect, it } from 'vitest';
import { createAdmission, type Admission } from '../../gateway/admission/admission.js';
import { sampleLane } from '../../gateway/admission/sample-lane.js';
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

  const asked = (images: number, deadlineMs: number, client?: string) => ({ images, deadlineMs, client });

  function open(expectedMs: number | undefined, certain = true) {
    let sent = 0;
    const clock = manualClock();
    const estimator = {
      estimate: () => (expectedMs === undefined ? undefined : { ms: expectedMs, certain }),
      sent: () => void (sent += 1),
    };
    return { clock, admission: createAdmission({ estimator, clock, inFlight: 10 }), sent: () => sent };
  }

  it('refuses what would be too late, and says how long it would take', () => {
    const { admission, sent } = open(12_300);
    expect(problemOf(() => admission.enter(asked(1, 10_000)))).toEqual({
      code: 'overloaded',
      detail: 'What is sent now would be done in about 13 s, and the deadline is 10 s.',
      remedy: 'Try again in 3 s, or allow more time.',
      headers: { 'retry-after': '3' },
    });
    expect(sent()).toBe(0);
    expect(problemOf(() => admission.enter(asked(1, 12_300)))).toBeUndefined();
    expect(sent()).toBe(1);
  });

  it('lets one through each second to find out what is not certain', () => {
    const { admission, clock } = open(20_000, false);
    const admitted = () =>
      Array.from({ length: 5 }, () => problemOf(() => admission.enter(asked(1, 1_000))) === undefined);
    expect(admitted()).toEqual([true, false, false, false, false]);
    clock.advance(999);
    expect(admitted()).toEqual(Array(5).fill(false));
    clock.advance(1);
    expect(admitted()).toEqual([true, false, false, false, false]);
  });

  it('sends nobody away for longer than 30 s', () => {
    const { admission } = open(500_000);
    expect(problemOf(() => admission.enter(asked(1, 10_000)))).toMatchObject({ headers: { 'retry-after': '30' } });
  });

  it('bounds what is in flight, and takes back what is done', () => {
    const { admission, sent } = open(undefined);
    const leave = admission.enter(asked(8, 1));
    expect(problemOf(() => admission.enter(asked(3, 1)))).toMatchObject({
      code: 'overloaded',
      detail: 'This gateway waits for 8 answers, and 3 more would be above its limit of 10.',
    });
    leave();
    expect(problemOf(() => admission.enter(asked(10, 1)))).toBeUndefined();
    expect(sent()).toBe(18);
  });
});

describe('clients', () => {
  /** Everybody asks again and again, in turn, until nobody gets in any more. */
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

  /** A lane that works on ten events a second. */
  function tenASecond(inFlight = 1_000) {
    let waiting = 0;
    const estimator = { estimate: () => ({ ms: waiting * 100, certain: true }), sent: () => void (waiting += 1) };
    return createAdmission({ estimator, clock: manualClock(), inFlight });
  }

  it.each([
    [['a'], { a: 51 }],
    [['a', 'b'], { a: 34, b: 34 }],
    [['a', 'b', 'c', 'd'], { a: 21, b: 20, c: 20, d: 20 }],
  ])('%s share what a deadline of 10 s allows, and leave room', (clients, got) => {
    const admission = tenASecond();
    expect(fill(admission, clients, 10_000)).toEqual(got);
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'next' })).not.toThrow();
  });

  it('share the places of a gateway', () => {
    const admission = createAdmission({
      estimator: { estimate: () => undefined, sent: () => undefined },
      clock: manualClock(),
      inFlight: 100,
    });
    expect(fill(admission, ['a', 'b'], 10_000)).toEqual({ a: 34, b: 33 });
    expect(() => admission.enter({ images: 1, deadlineMs: 1, client: 'a' })).toThrow(
      'This gateway waits for 67 answers, and 1 more would be above what is free for a client that has 34 of them.',
    );
  });

  it('get their share back', () => {
    const admission = tenASecond(10);
    const leave = admission.enter({ images: 5, deadlineMs: 10_000, client: 'a' });
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'a' })).toThrow(ProblemError);
    leave();
    expect(() => admission.enter({ images: 5, deadlineMs: 10_000, client: 'a' })).not.toThrow();
  });

  it('are told that the rest is kept for others', () => {
    const admission = tenASecond();
    fill(admission, ['a'], 10_000);
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'a' })).toThrow(
      'What is sent now would be done in about 6 s, of a deadline of 10 s, and the rest is kept for clients that have less on the way.',
    );
  });
});

describe('the sampler', () => {
  it('reads one after the other, goes on after a failure, and stops', async () => {
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
    // The fourth never answers, so that no fifth is begun.
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
