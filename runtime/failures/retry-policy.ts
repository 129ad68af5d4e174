import type { Backoff } from '../../primitives/retry-loop.js';
import type { FailureCode } from '../../schemas/failure.js';

/** How often a transient failure is tried again in place, before the record moves to a retry topic. */
const inPlace: Partial<Record<FailureCode, number>> = {
  'host-error': 2,
  'host-unreachable': 1,
  // Waiting again for a host that just took its whole time-out would hold up others; a retry topic does not.
  'host-timeout': 0,
  'unexpected-error': 1,
  // A neighbour that everything needs: no record could fare better elsewhere, so the worker waits for it.
  'store-unavailable': Infinity,
  'sink-unavailable': Infinity,
};

export function retriesInPlace(code: FailureCode): number {
  return inPlace[code] ?? 0;
}

/** Waits between tries of one record in place. Full jitter: records that failed together are retried apart. */
export const inPlaceBackoff: Backoff = { baseMs: 200, maxMs: 5_000, jitter: 1 };

/** Waits of work that nothing can replace: at least half of each wait, so that a store that is down is left alone. */
export const storeBackoff: Backoff = { baseMs: 250, maxMs: 5_000, jitter: 0.5 };

/**
 * Which delay follows a failed try; undefined when there is none left. A longer one where the other side asks to be
 * left
 * alone for longer, and the longest at most.
 *
 * @param delays in rising order
 * @param attempt the try that failed, from 1
 */
export function topicDelay(delays: readonly string[], attempt: number, atLeastMs = 0): string | undefined {
  const left = delays.slice(attempt - 1);
  return left.find((delay) => delayMs(delay) >= atLeastMs) ?? left.at(-1);
}

/** `5s`, `1m`, `2h` in milliseconds. */
export function delayMs(delay: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(delay);
  if (!match) throw new Error(`${JSON.stringify(delay)} is not a delay such as 5s, 1m or 2h`);
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unit;
}
