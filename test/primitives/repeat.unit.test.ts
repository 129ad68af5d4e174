import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { repeat, type UntilNextMs } from '../../primitives/repeat.js';
import { manualClock } from '../gateway/harness.js';

/** Work whose runs end when the test says so. */
function world() {
  const clock = manualClock();
  const runs: ((next: UntilNextMs) => void)[] = [];
  const stop = repeat(clock, 10, () => new Promise((resolve) => runs.push(resolve)));
  const end = async (next: UntilNextMs) => {
    runs.at(-1)?.(next);
    await setImmediate();
  };
  return { clock, runs, stop, end };
}

it('waits before each run for as long as the run before it said', async () => {
  const { clock, runs, end } = world();
  clock.advance(9);
  expect(runs).toHaveLength(0);
  clock.advance(1);
  expect([runs.length, clock.pending()]).toEqual([1, 0]); // runs never overlap
  await end(50);
  clock.advance(49);
  expect(runs).toHaveLength(1);
  clock.advance(1);
  expect(runs).toHaveLength(2);
});

it('ends with a run that says so', async () => {
  const { clock, end } = world();
  clock.advance(10);
  await end(undefined);
  expect(clock.pending()).toBe(0);
});

it('leaves no timer when it is stopped between runs', () => {
  const { clock, stop } = world();
  stop();
  expect(clock.pending()).toBe(0);
});

it('schedules nothing after a run during which it was stopped', async () => {
  const { clock, stop, end } = world();
  clock.advance(10);
  stop();
  await end(10);
  expect(clock.pending()).toBe(0);
});
