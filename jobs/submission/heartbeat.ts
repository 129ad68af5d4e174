import type { Clock } from '../../primitives/clock.js';
import { repeat } from '../../primitives/timer-loop.js';

/** Interval (ms) between job records while images of the job are still being sent. */
export const heartbeatMs = 10_000;

/**
 * A job that is still accepting images is cancelled after this time without a record (ms). A submission waits as long
 * for its brokers, so that a broker may restart while a job is being sent.
 */
export const abandonedAfterMs = 60_000;

export interface Heartbeat {
  /** Throws the failure of an earlier beat. */
  check(): void;
  /** Resolves once no beat is in flight. Idempotent. */
  stop(): Promise<void>;
}

/** Runs `beat` every `heartbeatMs` until it is stopped or a beat fails. */
export function startHeartbeat(clock: Clock, beat: () => Promise<void>): Heartbeat {
  let failure: { readonly error: unknown } | undefined;
  const stopBeats = repeat(clock, heartbeatMs, () =>
    beat().then(
      () => heartbeatMs,
      (error: unknown) => void (failure = { error }),
    ),
  );
  return {
    check() {
      if (failure) throw failure.error;
    },
    stop: stopBeats,
  };
}
