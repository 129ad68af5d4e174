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

export interface CircuitOptions {
  readonly clock: Clock;
  /** Failures in a row after which nothing is tried any more. */
  readonly failuresToOpen: number;
  /** For how long, milliseconds; then one try decides. */
  readonly openMs: number;
  readonly onChange: (open: boolean) => void;
}

/** A circuit breaker on our clock. */
export interface Circuit {
  /** Throws `callback-failed` while nothing is tried. */
  check(): void;
  execute(work: () => Promise<void>): Promise<void>;
}

export function createCircuit({ clock, failuresToOpen, openMs, onChange }: CircuitOptions): Circuit {
  let until = 0;
  // The library asks its own clock how long it has been; never and always are the same on every clock.
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
  const policy = circuitBreaker(handleWhen(isOfTarget), {
    breaker: new ConsecutiveBreaker(failuresToOpen),
    halfOpenAfter: pause,
  });
  policy.onStateChange((state) => onChange(state !== CircuitState.Closed));
  return {
    check() {
      const isPaused = policy.state === CircuitState.Open && clock.now() < until;
      if (isPaused || policy.state === CircuitState.HalfOpen) throw leftAlone(policy, failuresToOpen);
    },
    execute: (work) => policy.execute(work),
  };
}

/** Whether a failure tells that the target does not work: not one of the delivery, nor one of ours. */
function isOfTarget(error: Error): boolean {
  return error instanceof FanlightError && error.code === 'callback-failed';
}

function leftAlone({ lastFailure }: CircuitBreakerPolicy, failures: number): FanlightError {
  const cause = lastFailure !== undefined && 'error' in lastFailure ? lastFailure.error : undefined;
  return new FanlightError({
    code: 'callback-failed',
    message: `The target failed ${failures} times in a row and is left alone for a while; the last time: ${cause?.message ?? 'it did not answer.'}`,
    remedy: 'Fanlight tries again for hours; look at the target, and replay the dead letter if it was down for longer.',
    cause,
  });
}
