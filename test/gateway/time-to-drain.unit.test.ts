import { describe, expect, it } from 'vitest';
import { createTimeToDrain } from '../../gateway/admission/time-to-drain.js';
import { manualClock } from './harness.js';

/** A lane with one worker, which a gateway samples once per second. */
function createLane({ perSecond }: { perSecond: number }) {
  const clock = manualClock();
  const estimator = createTimeToDrain();
  estimator.read({ at: clock.now(), entered: 0 });
  /** Time of entry of each waiting event. */
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
    /** Advances time without readings. */
    wait: (seconds: number) => clock.advance(seconds * 1_000),
    setSpeed: (now: number) => (speed = now),
    send(count: number) {
      for (let index = 0; index < count; index += 1) estimator.sent();
      enter(count);
    },
    /** Sends photos whose host does not answer. They enter the lane, but delay no other event. */
    sendToDeadHost(count: number) {
      for (let index = 0; index < count; index += 1) estimator.sent();
      entered += count;
    },
    /** Events arrive and are answered evenly. Only readings show the events of other gateways. */
    run(seconds: number, { arriving = 0, others = 0 } = {}) {
      for (let tick = 0; tick < seconds * 100; tick += 1) {
        clock.advance(10);
        for (
          let index = 0;
          index < Math.floor(((tick + 1) * arriving) / 100) - Math.floor((tick * arriving) / 100);
          index += 1
        )
          this.send(1);
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
    /** Drops all waiting events but the last. */
    expire() {
      for (const enteredAt of queue.slice(0, -1)) estimator.expired({ enteredAt });
      queue = queue.slice(-1);
    },
  };
}

describe('the time to drain', () => {
  it('is unknown before the first answer', () => {
    const lane = createLane({ perSecond: 0 });
    lane.send(50);
    lane.run(20);
    expect(lane.estimate()).toBeUndefined();
  });

  it('is unknown while the lane has pauses, even at a low rate of requests', () => {
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

  it('ignores events that are dropped because of their deadline', () => {
    const lane = createLane({ perSecond: 2 });
    lane.send(200);
    lane.run(5);
    lane.expire();
    lane.send(40);
    lane.run(2);
    expect(lane.waiting()).toBe(37);
    expect(lane.estimate()).toBeGreaterThan(15_000);
  });

  it('is unknown while no more events wait than the lane processes at once, however long they take', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(3, { arriving: 4 });
    lane.sendToDeadHost(4);
    lane.run(10);
    expect(lane.estimate()).toBeUndefined();
  });

  it('does not count events that later ones have overtaken', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(3, { arriving: 4 });
    lane.sendToDeadHost(50);
    lane.run(5, { arriving: 4 });
    expect(lane.estimate()).toBeUndefined();
  });

  it('is uncertain without answers, and while answered events waited for their host', () => {
    const lane = createLane({ perSecond: 20 });
    lane.run(3, { arriving: 4 });
    lane.sendToDeadHost(50);
    lane.run(5);
    expect([lane.estimate(), lane.certain()]).toEqual([expect.any(Number), false]);
    for (let index = 0; index < 10; index += 1)
      lane.estimator.answered({ enteredAt: undefined, took: { totalMs: 5_000, elsewhereMs: 4_900 } });
    lane.run(2);
    expect([lane.estimate(), lane.certain()]).toEqual([expect.any(Number), false]);
    const slow = createLane({ perSecond: 20 });
    slow.send(300);
    slow.run(5);
    expect(slow.certain()).toBe(true);
  });

  it('counts no arrivals before the first reading, and none of a queue that was created again', () => {
    const [estimator, clock] = [createTimeToDrain(), manualClock()];
    estimator.answered({ enteredAt: clock.now() });
    for (const entered of [7_000, 7_000, 7_000, 0, 0, 0]) {
      clock.advance(1_000);
      estimator.read({ at: clock.now(), entered });
      expect(estimator.estimate(clock.now())).toBeUndefined();
    }
  });

  it('is forgotten when readings stop', () => {
    const lane = createLane({ perSecond: 20 });
    lane.send(300);
    lane.run(5);
    expect(lane.estimate()).toBeGreaterThan(0);
    lane.wait(9);
    expect(lane.estimate()).toBeUndefined();
  });

  it('grows when the lane stops, and shrinks when it gets more workers', () => {
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
