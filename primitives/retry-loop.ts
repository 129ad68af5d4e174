import { backoffMs } from './backoff.js';
import { sleep, type Clock } from './clock.js';

/** Delays between attempts: they double from `baseMs` up to `maxMs`. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Share (0..1) of each delay that is random: 0 for exact delays, 1 for full jitter. */
  readonly jitter: number;
}

export interface UntilOptions {
  readonly clock: Clock;
  /** Returns 0..1. */
  readonly random: () => number;
  readonly backoff: Backoff;
  /** Ends a delay. It does not end an attempt, which may listen to the signal itself. */
  readonly signal?: AbortSignal;
  /** Returns true for a final failure. Default: every failure is retried. */
  readonly giveUp?: (error: unknown, attempt: number) => boolean;
  /** Called with each failure that will be retried, before the delay. */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/**
 * Retries work with back-off until it succeeds. Rejects with a failure that `giveUp` calls final, or with the reason of
 * the signal.
 *
 * @param work is called with the number of the attempt, from 1
 */
export async function until<T>(work: (attempt: number) => Promise<T>, options: UntilOptions): Promise<T> {
  const { clock, random, backoff, signal, giveUp, onRetry } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (giveUp?.(error, attempt)) throw error;
      onRetry?.(error, attempt);
    }
    await sleep(clock, backoffMs(attempt, backoff, 1 - backoff.jitter + backoff.jitter * random()), signal);
  }
}
