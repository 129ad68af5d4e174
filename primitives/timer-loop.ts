import type { Clock } from './clock.js';

/** Time (ms) until the next run; undefined ends the repetition. */
export type UntilNextMs = number | undefined;

/**
 * Stops a repetition: no timer is armed again, and a run in flight is the last one. Idempotent. The promise resolves
 * once no run is in flight, and never rejects. A run must not await it.
 */
export type StopRepeating = () => Promise<void>;

/**
 * Runs work repeatedly. Each run returns the time until the next one. Runs never overlap.
 *
 * @param first time (ms) until the first run; `now` starts it before this function returns
 * @param work must not reject; see `every`
 */
export function repeat(clock: Clock, first: number | 'now', work: () => Promise<UntilNextMs>): StopRepeating {
  let stopped = false;
  let cancel: () => void = () => undefined;
  let inFlight = Promise.resolve();

  function later(ms: UntilNextMs): void {
    if (!stopped && ms !== undefined) cancel = clock.schedule(ms, run);
  }

  function run(): void {
    inFlight = work().then(later);
  }

  if (first === 'now') run();
  else later(first);
  return function stop() {
    stopped = true;
    cancel();
    return inFlight;
  };
}

/**
 * Runs work every `ms`, counted from the end of one run to the start of the next. A failed run does not end the
 * repetition.
 *
 * @param onError receives the failure of a run; must not throw
 */
export function every(clock: Clock, ms: number, work: () => unknown, onError: (error: unknown) => void): StopRepeating {
  return repeat(clock, ms, async function runOnce() {
    try {
      await work();
    } catch (error) {
      onError(error);
    }
    return ms;
  });
}
