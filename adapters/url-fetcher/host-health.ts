import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import { hostPaused } from './failures.js';

export interface HostHealthLimits {
  /** Number of failures in a row after which requests to the host pause. */
  readonly failuresToPause: number;
  readonly pauseMs: number;
}

interface Trouble {
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly pausedUntil: number;
}

/** Upper bound of remembered hosts, because producers choose the hosts. */
const maxHosts = 10_000;

/**
 * Remembers hosts that do not answer, so that each image of a dead host does not hold a turn until the timeout. After a
 * pause the fetcher asks the host again. One answer of any kind resets the count of failures.
 */
export class HostHealth {
  readonly #clock: Clock;
  readonly #limits: HostHealthLimits;
  readonly #troubles = new Map<string, Trouble>();

  constructor(clock: Clock, limits: HostHealthLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @throws FanlightError `host-timeout` while requests to the host pause */
  check(host: string): void {
    const trouble = this.#troubles.get(host);
    const leftMs = (trouble?.pausedUntil ?? 0) - this.#clock.now();
    if (trouble && leftMs > 0) throw hostPaused(host, trouble.failures, leftMs);
  }

  /** Runs a request to the host, and counts or resets failures by its outcome. */
  async watch<T>(host: string, ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#troubles.delete(host);
      return answer;
    } catch (error) {
      const code = error instanceof FanlightError ? error.code : undefined;
      if (code === 'host-timeout') this.#failed(host);
      // A refused connection costs no time, so it changes nothing. Any other failure means that the host answered.
      else if (code !== undefined && code !== 'host-unreachable') this.#troubles.delete(host);
      throw error;
    }
  }

  #failed(host: string): void {
    const failures = (this.#troubles.get(host)?.failures ?? 0) + 1;
    const pausedUntil = failures < this.#limits.failuresToPause ? 0 : this.#clock.now() + this.#limits.pauseMs;
    this.#troubles.delete(host); // moves the host to the end, so the first host is the oldest
    this.#troubles.set(host, { failures, pausedUntil });
    const [oldest] = this.#troubles.keys();
    if (this.#troubles.size > maxHosts && oldest !== undefined) this.#troubles.delete(oldest);
  }
}
