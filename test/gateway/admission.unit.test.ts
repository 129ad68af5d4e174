import { describe, expect, it } from 'vitest';
import { createAdmission, type Admission } from '../../gateway/admission/admission.js';
import { sampleLane } from '../../gateway/admission/sample-lane.js';
import { createTimeToDrain } from '../../gateway/admission/time-to-drain.js';
import { ProblemError } from '../../gateway/problems/problem.js';
import { manualClock } from './harness.js';

/** A lane with one worker, seen by a gateway once a second. */
function createLane({ perSecond }: { perSecond: number }) {
  const clock = manualClock();
  const estimator = createTimeToDrain();
  estimator.read({ at: clock.now(), entered: 0 });
  /** When each entered. */
  let queue: number[] = [];
  let entered = 0;
  let speed = perSecond;
  let done = 0;

  function enter(count: number) {
    queue.push(...Array<number>(count).fill(clock.now()));
    entered += count;
  }

  return {
    clock,
    estimator,
    estimate: () => estimator.estimate(clock.now())?.ms,
    certain: () => estimator.estimate(clock.now())?.certain,
    /** Time without readings. */
    wait: (seconds: number) => clock.advance(seconds * 1_000),
    setSpeed: (now: number) => (speed = now),
    send(count: number) {
      for (let index = 0; index < count; index += 1) estimator.sent();
      enter(count);
    },
    /** Photos whose host does not answer: they enter and hold up nobody. */
    sendToDeadHost(count: number) {
      for (let index = 0; index < count; index += 1) estimator.sent();
      entered += count;
    },
    /** Events that come and go one by one, evenly; those of others are known by the reading alone. */
    run(seconds: number, { arriving = 0, others = 0 } = {}) {
      for (let tick = 0; tick < seconds * 100; tick += 1) {
        clock.advance(10);
        for (let index = 0; index < Math.floor(((tick + 1) * arriving) / 100) - Math.floor((tick * arriving) / 100); index += 1) this.send(1);
        enter(Math.floor(((tick + 1) * others) / 100) - Math.floor((tick * others) / 100));
        done = queue.length === 0 ? 0 : done + speed / 100;
        for (; done >= 1 && queue.length > 0; done -= 1) {
          const enteredAt = queue.shift() ?? 0;
          estimator.answered({ enteredAt, took: { totalMs: clock.now() - enteredAt, elsewhereMs: 5 } });
        }
        if (tick % 100 === 99) estimator.read({ at: clock.now(), entered });
      }
    },
    waiting: () => queue.length,
    /** What waits is dropped, all at once. */
    expire() {
      for (const enteredAt of queue.slice(0, -1)) estimator.expired({ enteredAt });
      queue = queue.slice(-1);
    },
  };
}

describe('the time to drain', () => {
  it('is not known when nothing was ever answered', () => {
    const lane = createLane({ perSecond: 0 });
    lane.send(50);
    lane.run(20);
    expect(lane.estimate()).toBeUndefined();
  });

  it('is not known while the lane has pauses, however few are asked for', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(30, { arriving: 4 });
    expect(lane.estimate()).toBeUndefined();
    lane.send(100);
    expect(lane.estimate()).toBeUndefined();
  });

  it('follows a burst', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(5, { arriving: 4 });
    lane.send(300);
    lane.run(3);
    expect(lane.estimate()).toBeGreaterThan(11_500);
    expect(lane.estimate()).toBeLessThan(12_500);
    lane.send(100);
    expect(lane.estimate()).toBeGreaterThan(16_500);
  });

  it('counts the events of other gateways', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(10, { arriving: 10, others: 30 });
    expect(lane.waiting()).toBeGreaterThan(190);
    expect(lane.estimate()).toBeGreaterThan(9_500);
    expect(lane.estimate()).toBeLessThan(11_000);
  });

  it('falls while the lane recovers, and is forgotten once it has pauses', () => {
    const lane = createLane({ perSecond: 20 });
    lane.send(300);
    lane.run(10);
    expect(lane.estimate()).toBeLessThan(5_500);
    lane.run(20);
    expect([lane.waiting(), lane.estimate()]).toEqual([0, undefined]);
  });

  it('is not misled by events that are dropped because they are late', () => {
    const lane = createLane({ perSecond: 2 });
    lane.send(200);
    lane.run(5);
    lane.expire();
    lane.send(40);
    lane.run(2);
    expect(lane.waiting()).toBe(37);
    expect(lane.estimate()).toBeGreaterThan(15_000);
  });

  it('is not known while no more waits than is worked on at once, however long that takes', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(3, { arriving: 4 });
    lane.sendToDeadHost(4);
    lane.run(10);
    expect(lane.estimate()).toBeUndefined();
  });

  it('does not count events that others have overtaken', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(3, { arriving: 4 });
    lane.sendToDeadHost(50);
    lane.run(5, { arriving: 4 });
    expect(lane.estimate()).toBeUndefined();
  });

  it('is uncertain while nothing is answered, and while what is answered waited for its host', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(3, { arriving: 4 });
    lane.sendToDeadHost(50);
    lane.run(5);
    expect([lane.estimate(), lane.certain()]).toEqual([expect.any(Number), false]);
    for (let index = 0; index < 10; index += 1) lane.estimator.answered({ enteredAt: undefined, took: { totalMs: 5_000, elsewhereMs: 4_900 } });
    lane.run(2);
    expect([lane.estimate(), lane.certain()]).toEqual([expect.any(Number), false]);
    const slow = createLane({ perSecond: 20 });
    slow.send(300);
    slow.run(5);
    expect(slow.certain()).toBe(true);
  });

  it('counts nothing from before the first reading, nor of a queue that was made anew', () => {
    const [estimator, clock] = [createTimeToDrain(), manualClock()];
    estimator.answered({ enteredAt: clock.now() });
    for (const entered of [7_000, 7_000, 7_000, 0, 0, 0]) {
      clock.advance(1_000);
      estimator.read({ at: clock.now(), entered });
      expect(estimator.estimate(clock.now())).toBeUndefined();
    }
  });

  it('is forgotten when there are no more readings', () => {
    const lane = createLane({ perSecond: 20 });
    lane.send(300);
    lane.run(5);
    expect(lane.estimate()).toBeGreaterThan(0);
    lane.wait(9);
    expect(lane.estimate()).toBeUndefined();
  });

  it('grows when the lane stands still, and shrinks when it has more workers', () => {
    const lane = createLane({ perSecond: 20 });
    lane.send(400);
    lane.run(5);
    const before = lane.estimate() ?? 0;
    lane.setSpeed(0);
    lane.run(9);
    expect(lane.estimate()).toBeGreaterThan(5 * before);
    lane.setSpeed(40);
    lane.run(7);
    expect(lane.estimate()).toBeLessThan(before / 2);
  });
});

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
    const estimator = { estimate: () => (expectedMs === undefined ? undefined : { ms: expectedMs, certain }), sent: () => void (sent += 1) };
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
    const admitted = () => Array.from({ length: 5 }, () => problemOf(() => admission.enter(asked(1, 1_000))) === undefined);
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
    expect(problemOf(() => admission.enter(asked(3, 1)))).toMatchObject({ code: 'overloaded', detail: 'This gateway waits for 8 answers, and 3 more would be above its limit of 10.' });
    leave();
    expect(problemOf(() => admission.enter(asked(10, 1)))).toBeUndefined();
    expect(sent()).toBe(18);
  });
});

describe('clients', () => {
  /** Everybody asks again and again, in turn, until nobody gets in any more. */
  function fill(admission: Admission, clients: readonly string[], deadlineMs: number): Record<string, number> {
    const got = Object.fromEntries(clients.map((client) => [client, 0]));
    for (let before = -1, all = 0; all > before; ) {
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
    const admission = createAdmission({ estimator: { estimate: () => undefined, sent: () => undefined }, clock: manualClock(), inFlight: 100 });
    expect(fill(admission, ['a', 'b'], 10_000)).toEqual({ a: 34, b: 33 });
    expect(() => admission.enter({ images: 1, deadlineMs: 1, client: 'a' })).toThrow('This gateway waits for 67 answers, and 1 more would be above what is free for a client that has 34 of them.');
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
    expect(() => admission.enter({ images: 1, deadlineMs: 10_000, client: 'a' })).toThrow('What is sent now would be done in about 6 s, of a deadline of 10 s, and the rest is kept for clients that have less on the way.');
  });
});

describe('the sampler', () => {
  it('reads one after the other, goes on after a failure, and stops', async () => {
    const clock = manualClock();
    const begun = clock.now();
    const readings: unknown[] = [];
    const failures: string[] = [];
    const answers: (() => Promise<number>)[] = [() => Promise.resolve(7), () => Promise.reject(new Error('no broker')), () => Promise.resolve(9)];
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
    expect([asked, readings, failures]).toEqual([[0, 1_000, 2_000, 3_000], [[0, 7], [2_000, 9]], ['no broker']]);
    sampler.stop();
  });
});
