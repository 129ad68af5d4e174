import { until, type UntilOptions } from '../../primitives/retry-loop.js';
import { asFanlightError, type FanlightError } from '../../schemas/failure.js';

export interface RetryTransientOptions extends Omit<UntilOptions, 'giveUp' | 'onRetry'> {
  /** Observer of the failures that are retried, called before the wait. */
  readonly onRetry?: ((error: FanlightError, attempt: number) => void) | undefined;
}

/**
 * Retries work for as long as its failures are transient, without an upper bound. Rejects with the first failure that
 * is not transient, or with the reason of the signal.
 */
export function retryTransient<T>(work: () => Promise<T>, { onRetry, ...options }: RetryTransientOptions): Promise<T> {
  return until(
    async function tryOnce() {
      try {
        return await work();
      } catch (thrown) {
        throw asFanlightError(thrown);
      }
    },
    {
      ...options,
      giveUp: (error) => !asFanlightError(error).retryable,
      onRetry: (error, attempt) => onRetry?.(asFanlightError(error), attempt),
    },
  );
}
