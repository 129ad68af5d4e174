import type { Backoff } from '../../primitives/retry-loop.js';
import type { FailureCode } from '../../schemas/failure.js';

/** Number of retries in place for a transient failure, before the record moves to a retry topic. Default: 0. */
const inPlace: Partial<Record<FailureCode, number>> = {
  'host-error': 2,
  'host-unreachable': 1,
  // Another wait for a host that used up its whole timeout would block other records. A retry topic does not.
  'host-timeout': 0,
  'unexpected-error': 1,
  // Every record needs this store or sink, so the worker waits for it: no other record could be processed instead.
  'store-unavailable': Infinity,
  'sink-unavailable': Infinity,
};

export function retriesInPlace(code: FailureCode): number {
  return inPlace[code] ?? 0;
}

/** Delays between attempts in place. Full jitter: records that failed together are retried at different times. */
export const inPlaceBackoff: Backoff = { baseMs: 200, maxMs: 5_000, jitter: 1 };

/** Delays between attempts to write to a store. Half of each delay is fixed, so that a failing store gets a pause. */
export const storeBackoff: Backoff = { baseMs: 250, maxMs: 5_000, jitter: 0.5 };

/**
 * Returns the delay that follows a failed attempt; undefined when none is left. A remote side may request a minimum
 * delay: it gets the first one that is long enough, or else the longest.
 *
 * @param delays in ascending order
 * @param attempt number of the failed attempt, from 1
 * @param atLeastMs requested minimum (ms)
 */
export function topicDelay(delays: readonly string[], attempt: number, atLeastMs = 0): string | undefined {
  const left = delays.slice(attempt - 1);
  return left.find((delay) => delayMs(delay) >= atLeastMs) ?? left.at(-1);
}

/** Converts a delay such as `5s`, `1m` or `2h` to milliseconds. */
export function delayMs(delay: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(delay);
  if (!match) throw new Error(`${JSON.stringify(delay)} is not a delay such as 5s, 1m or 2h`);
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unit;
}
