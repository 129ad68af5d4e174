import type { Logger } from 'pino';
import type { Clock } from '../../../primitives/clock.js';
import { until } from '../../../primitives/retry-loop.js';
import { asFanlightError } from '../../../schemas/failure.js';
import { storeBackoff } from '../../failures/retry-policy.js';

/** Runs a request to the registry, and decides how often. */
export type Patience = <T>(request: () => Promise<T>) => Promise<T>;

/** Asks once: the caller has its own retries, or a client that waits. */
export const noPatience: Patience = (request) => request();

export interface PatienceOptions {
  readonly clock: Clock;
  /** Returns 0..1. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Time (ms) after which the last failure is thrown. Default: the request is repeated without end. */
  readonly atMostMs?: number;
}

/** An outage is logged at the first failure, then at every tenth. */
const loggedEvery = 10;

/**
 * Repeats requests with back-off for as long as the registry is unavailable. Requests that wait at the same time belong
 * to one outage: only one of them logs.
 */
export function waitForRegistry({ clock, random, logger, atMostMs = Infinity }: PatienceOptions): Patience {
  /** The request that logs for all that wait. */
  let speaker: symbol | undefined;

  return async function requestUntilAnswered(request) {
    const me = Symbol('request');
    const startedAt = clock.now();
    try {
      const answer = await until(request, {
        clock,
        random,
        backoff: storeBackoff,
        giveUp: (thrown) => asFanlightError(thrown).code !== 'store-unavailable' || clock.now() - startedAt >= atMostMs,
        onRetry(thrown, attempt) {
          speaker ??= me;
          if (speaker !== me || (attempt !== 1 && attempt % loggedEvery !== 0)) return;
          const { code, message, remedy } = asFanlightError(thrown);
          logger.warn({ code, attempt, remedy }, `${message} Waiting for it.`);
        },
      });
      if (speaker === me) logger.info('the schema registry answers again');
      return answer;
    } finally {
      if (speaker === me) speaker = undefined;
    }
  };
}
