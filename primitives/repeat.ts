import type { Clock } from './clock.js';

/** Time (ms) until the next run; undefined ends the repetition. */
export type UntilNextMs = number | undefined;

/**
 * Ends a repetition for good: it never arms a timer again, and a run in flight is the last one. Idempotent. The promise
 * resolves once no run is in flight; it never rejects. A run must not wait for it.
 */
export type StopRepeating = () => Promise<void>;

/**
 * Runs work again and again; each run says when the next one begins. Runs never overlap.
 *
 * @param first time (ms) until the first run; `now` begins it before this function returns
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
 * Runs work every `ms`, counted from the end of one run to the begin of the next. A run that fails does not end the
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
