/**
 * Exponential back-off with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param attempt 1 for the first retry
 * @param random random number from 0 to 1
 * @returns delay (ms)
 */
export function backoffMs(
  attempt: number,
  bounds: { readonly baseMs: number; readonly maxMs: number },
  random: number,
): number {
  return Math.round(Math.min(bounds.maxMs, bounds.baseMs * 2 ** (attempt - 1)) * random);
}
