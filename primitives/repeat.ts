import type { Clock } from './clock.js';

/** Milliseconds until the next run; undefined ends the repetition. */
export type UntilNextMs = number | undefined;

/**
 * Runs work again and again; each run says when the next one begins. Runs never overlap. The returned function ends the
 * repetition for good: a run that is under way then is the last one.
 *
 * @param work must not reject
 */
export function repeat(clock: Clock, firstMs: number, work: () => Promise<UntilNextMs>): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;
  function later(ms: UntilNextMs): void {
    if (stopped || ms === undefined) return;
    cancel = clock.schedule(ms, () => void work().then(later));
  }
  later(firstMs);
  return function stop() {
    stopped = true;
    cancel();
  };
}
