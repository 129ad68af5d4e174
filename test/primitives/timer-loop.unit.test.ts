import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { every, repeat, type UntilNextMs } from '../../primitives/timer-loop.js';
import { manualClock } from '../gateway/harness.js';

/** Work whose runs end when the test ends them. */
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

it('repeat waits before each run for the time that the previous run returned', async () => {
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

it('repeat ends after a run that returns undefined', async () => {
  const { clock, end } = world();
  clock.advance(10);
  await end(undefined);
  expect(clock.pending()).toBe(0);
});

it('repeat leaves no timer when it is stopped between runs', () => {
  const { clock, stop } = world();
  void stop();
  expect(clock.pending()).toBe(0);
});

it('repeat schedules no further run when it is stopped during a run', async () => {
  const { clock, stop, end } = world();
  clock.advance(10);
  void stop();
  await end(10);
  expect(clock.pending()).toBe(0);
});

it('repeat schedules no further run when it is stopped twice, during and after a run', async () => {
  const { clock, runs, stop, end } = world();
  clock.advance(10);
  void stop();
  await end(10);
  await stop();
  clock.advance(100);
  expect([runs.length, clock.pending()]).toEqual([1, 0]);
});

it('repeat schedules no further run when a run stops it', async () => {
  const clock = manualClock();
  const stop = repeat(clock, 10, () => {
    void stop();
    return Promise.resolve(10);
  });
  clock.advance(10);
  await setImmediate();
  expect(clock.pending()).toBe(0);
});

it('repeat starts the first run at once for "now"', async () => {
  const clock = manualClock();
  let runs = 0;
  const stop = repeat(clock, 'now', () => Promise.resolve(10).finally(() => (runs += 1)));
  expect(clock.pending()).toBe(0);
  await setImmediate();
  expect([runs, clock.pending()]).toEqual([1, 1]);
  await stop();
  expect(clock.pending()).toBe(0);
});

describe('awaiting the stop of repeat', () => {
  it('resolves once the run in flight has ended', async () => {
    const { clock, stop, end } = world();
    clock.advance(10);
    let stopped = false;
    const stopping = stop().then(() => (stopped = true));
    await setImmediate();
    expect(stopped).toBe(false);
    await end(10);
    await stopping;
    expect(clock.pending()).toBe(0);
  });

  it('resolves at once between runs and before the first one', async () => {
    const { clock, stop, end } = world();
    clock.advance(10);
    await end(10);
    await stop();
    await world().stop();
    expect(clock.pending()).toBe(0);
  });

  it('waits for the run in flight on a second stop, too', async () => {
    const { clock, stop, end } = world();
    clock.advance(10);
    void stop();
    let stopped = false;
    void stop().then(() => (stopped = true));
    await setImmediate();
    expect(stopped).toBe(false);
    await end(10);
    expect(stopped).toBe(true);
  });
});

describe('every', () => {
  /** Work whose runs the test settles. */
  function everyTen() {
    const clock = manualClock();
    const runs: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
    const errors: unknown[] = [];
    const work = () => new Promise<void>((end, fail) => runs.push({ end, fail }));
    const stop = every(clock, 10, work, (error) => errors.push(error));
    return { clock, runs, errors, stop };
  }

  it('counts from the end of one run to the start of the next', async () => {
    const { clock, runs } = everyTen();
    clock.advance(10);
    clock.advance(50);
    expect([runs.length, clock.pending()]).toEqual([1, 0]); // runs never overlap
    runs[0]?.end();
    await setImmediate();
    clock.advance(9);
    expect(runs).toHaveLength(1);
    clock.advance(1);
    expect(runs).toHaveLength(2);
  });

  it('reports the failure of a run, and continues', async () => {
    const { clock, runs, errors } = everyTen();
    const failure = new Error('no broker');
    clock.advance(10);
    runs[0]?.fail(failure);
    await setImmediate();
    clock.advance(10);
    expect([errors, runs.length]).toEqual([[failure], 2]);
  });

  it('reports an error that a run throws synchronously', async () => {
    const clock = manualClock();
    const failure = new Error('no broker');
    const errors: unknown[] = [];
    const work = () => {
      throw failure;
    };
    every(clock, 10, work, (error) => errors.push(error));
    clock.advance(10);
    await setImmediate();
    expect([errors, clock.pending()]).toEqual([[failure], 1]);
  });

  it('resolves an awaited stop, and schedules no further run, when the run in flight fails', async () => {
    const { clock, runs, errors, stop } = everyTen();
    clock.advance(10);
    const stopping = stop();
    runs[0]?.fail(new Error('no broker'));
    await stopping;
    expect([errors.length, clock.pending()]).toEqual([1, 0]);
  });
});
