import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../problems/problem.js';

export interface PaceLimits {
  /** Time (ms) that the client may take for the whole body. The gateway's own processing time does not count. */
  readonly totalMs: number;
  /** Time (ms) that the client may take between two signs of progress. */
  readonly idleMs?: number;
  /** Lowest average rate of the body (bytes per second), once `graceMs` have passed. */
  readonly bytesPerSecond?: number;
  readonly graceMs?: number;
}

/** Enforces time limits on a client that sends a body. An instance is for one body. */
export class Pace {
  readonly #clock: Clock;
  readonly #limits: Required<PaceLimits>;
  #waitedMs = 0;
  #idleMs = 0;
  #received = 0;

  constructor(clock: Clock, { totalMs, idleMs = Infinity, bytesPerSecond = 0, graceMs = Infinity }: PaceLimits) {
    this.#clock = clock;
    this.#limits = { totalMs, idleMs, bytesPerSecond, graceMs };
  }

  /**
   * Waits for the next bytes of the client. Rejects with `request-timeout` when they take too long, or with the reason
   * of the signal when it aborts.
   */
  async next<T>(read: Promise<T>, lengthOf: (result: T) => number, signal: AbortSignal): Promise<T> {
    const since = this.#clock.now();
    const result = await this.#inTime(read, signal);
    const tookMs = this.#clock.now() - since;
    this.#waitedMs += tookMs;
    this.#idleMs += tookMs;
    this.#received += lengthOf(result);
    return result;
  }

  /** Records progress of the body, which restarts the idle timeout. */
  progressed(): void {
    this.#idleMs = 0;
  }

  /** Time (ms) that the next bytes may take. */
  #allowanceMs(): number {
    const { totalMs, idleMs, bytesPerSecond, graceMs } = this.#limits;
    const paceMs = bytesPerSecond === 0 ? Infinity : graceMs + (this.#received * 1_000) / bytesPerSecond;
    return Math.min(totalMs - this.#waitedMs, idleMs - this.#idleMs, paceMs - this.#waitedMs);
  }

  #inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const ms = this.#allowanceMs();
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.schedule(Math.max(0, ms), () => reject(tooSlow(ms)));
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      work.then(resolve, reject).finally(() => {
        cancel();
        signal.removeEventListener('abort', onAbort);
      });
    });
  }
}

function tooSlow(ms: number): ProblemError {
  return new ProblemError({
    code: 'request-timeout',
    detail: `The body did not continue within ${Math.max(1, Math.ceil(ms / 1_000))} s.`,
    remedy: 'Send the request without pauses, or a smaller image. For a job, send later images in another job.',
    headers: { connection: 'close' },
  });
}
