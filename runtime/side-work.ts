import { backoffMs } from '../primitives/backoff.js';
import { sleep, type Clock } from '../primitives/clock.js';
import { asFanlightError } from '../schemas/failure.js';
import { inPlaceBackoff } from './retry-policy.js';

export interface SideWork {
  /** Keeps the work for `finish`; see `OperationContext.waitUntil`. */
  waitUntil(work: () => Promise<unknown>): void;
  /** Does all of it; resolves when it has succeeded, rejects with what no retry can mend. */
  finish(): Promise<void>;
}

/** Work beside the way of one record, repeated for as long as its failure is transient. */
export function createSideWork({ clock, random, signal }: { clock: Clock; random: () => number; signal: AbortSignal }): SideWork {
  const kept: (() => Promise<unknown>)[] = [];

  async function untilDone(work: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await work();
        return;
      } catch (thrown) {
        if (!asFanlightError(thrown).retryable) throw thrown;
        await sleep(clock, backoffMs(attempt, inPlaceBackoff, 0.5 + random() / 2), signal);
      }
    }
  }

  return {
    waitUntil(work) {
      kept.push(work);
    },
    async finish() {
      await Promise.all(kept.map(untilDone));
    },
  };
}
