import { backoffMs } from '../primitives/backoff.js';
import { sleep, type Clock } from '../primitives/clock.js';
import { asFanlightError } from '../schemas/failure.js';
import { inPlaceBackoff } from './retry-policy.js';

export interface SideWork {
  /** Starts the work; see `OperationContext.waitUntil`. */
  waitUntil(work: () => Promise<unknown>): void;
  /** Resolves when all of it has succeeded; rejects with what no retry can mend. */
  done(): Promise<void>;
}

/** Work beside the way of one record: begun at once, repeated for as long as its failure is transient. */
export function createSideWork({ clock, random, signal }: { clock: Clock; random: () => number; signal: AbortSignal }): SideWork {
  const pending: Promise<void>[] = [];

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
      const running = untilDone(work);
      running.catch(() => undefined); // `done` reports it; until then it must not count as unhandled
      pending.push(running);
    },
    async done() {
      await Promise.all(pending);
    },
  };
}
