import type { Clock } from '../primitives/clock.js';
import { inPlaceBackoff } from './failures/retry-policy.js';
import { retryTransient } from './failures/transient-retries.js';

export interface DeferredWork {
  /** Keeps the work for `finish`; see `OperationContext.waitUntil`. */
  waitUntil(work: () => Promise<unknown>): void;
  /** Runs all kept work. Resolves once it has succeeded, and rejects with the first failure that is not transient. */
  finish(): Promise<void>;
}

const backoff = { ...inPlaceBackoff, jitter: 0.5 };

/** Collects the deferred work of one record, and retries it for as long as its failures are transient. */
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
