import type { Clock } from '../primitives/clock.js';
import { inPlaceBackoff } from './failures/retry-policy.js';
import { retryTransient } from './failures/transient-retries.js';

export interface DeferredWork {
  /** Keeps the work for `finish`; see `OperationContext.waitUntil`. */
  waitUntil(work: () => Promise<unknown>): void;
  /** Does all of it; resolves when it has succeeded, rejects with what no retry can mend. */
  finish(): Promise<void>;
}

const backoff = { ...inPlaceBackoff, jitter: 0.5 };

/** Work beside the way of one record, repeated for as long as its failure is transient. */
export function createDeferredWork({
  clock,
  random,
  signal,
}: {
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
}): DeferredWork {
  const kept: (() => Promise<unknown>)[] = [];

  return {
    waitUntil(work) {
      kept.push(work);
    },
    async finish() {
      await Promise.all(kept.map((work) => retryTransient(work, { clock, random, signal, backoff })));
    },
  };
}
