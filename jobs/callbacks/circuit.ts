import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type CircuitBreakerPolicy,
  type IBackoffFactory,
} from 'cockatiel';
import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import { retriesForHours } from './failures.js';

export interface CircuitOptions {
  readonly clock: Clock;
  /** Consecutive failures that open the circuit. */
  readonly failuresToOpen: number;
  /** Time that the circuit stays open (ms). One trial then closes it or opens it again. */
  readonly openMs: number;
  readonly onChange: (open: boolean) => void;
}

/** A circuit breaker that uses the given clock. */
export interface Circuit {
  /** Throws `callback-failed` while the circuit is open, or while its trial is in flight. */
  check(): void;
  execute(work: () => Promise<void>): Promise<void>;
}

export function createCircuit({ clock, failuresToOpen, openMs, onChange }: CircuitOptions): Circuit {
  let until = 0;
  // The library compares the duration with its own clock. Infinity and -Infinity give the same answer on every clock.
  const next = () => {
    until = clock.now() + openMs;
    return {
      next,
      get duration() {
        return clock.now() < until ? Infinity : -Infinity;
      },
    };
  };
  const pause: IBackoffFactory<unknown> = { next };
  const policy = circuitBreaker(handleWhen(isTargetFailure), {
    breaker: new ConsecutiveBreaker(failuresToOpen),
    halfOpenAfter: pause,
  });
  policy.onStateChange((state) => onChange(state !== CircuitState.Closed));
  return {
    check() {
      const isPaused = policy.state === CircuitState.Open && clock.now() < until;
      if (isPaused || policy.state === CircuitState.HalfOpen) throw circuitOpen(policy, failuresToOpen);
    },
    execute: (work) => policy.execute(work),
  };
}

/** Returns whether the target failed, as opposed to a fault of the delivery or of Fanlight. */
function isTargetFailure(error: Error): boolean {
  return error instanceof FanlightError && error.code === 'callback-failed';
}

function circuitOpen({ lastFailure }: CircuitBreakerPolicy, failures: number): FanlightError {
  const cause = lastFailure !== undefined && 'error' in lastFailure ? lastFailure.error : undefined;
  return new FanlightError({
    code: 'callback-failed',
    message: `The target failed ${failures} times in a row, so deliveries to it are paused. Last failure: ${cause?.message ?? 'it did not answer.'}`,
    remedy: retriesForHours,
    cause,
  });
}
