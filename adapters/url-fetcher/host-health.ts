import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import { hostPaused } from './failures.js';

export interface HostHealthLimits {
  /** Failures in a row after which a host is left alone. */
  readonly failuresToPause: number;
  readonly pauseMs: number;
}

interface Trouble {
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly pausedUntil: number;
}

/** Hosts remembered at most; the list of hosts is in the hands of whoever sends events. */
const maxHosts = 10_000;

/**
 * Remembers hosts that do not answer, so that the images of a dead host do not each hold a turn for the whole time
 * limit. After a pause the host is asked again; one answer of any kind ends its trouble.
 */
export class HostHealth {
  readonly #clock: Clock;
  readonly #limits: HostHealthLimits;
  readonly #troubles = new Map<string, Trouble>();

  constructor(clock: Clock, limits: HostHealthLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @throws FanlightError `host-timeout` while the host is left alone */
  check(host: string): void {
    const trouble = this.#troubles.get(host);
    const leftMs = (trouble?.pausedUntil ?? 0) - this.#clock.now();
    if (trouble && leftMs > 0) throw hostPaused(host, trouble.failures, leftMs);
  }

  /** Learns from how a request to the host ends. */
  async watch<T>(host: string, ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#troubles.delete(host);
      return answer;
    } catch (error) {
      const code = error instanceof FanlightError ? error.code : undefined;
      if (code === 'host-timeout') this.#failed(host);
      // Refused connections cost no time; any other failure is about an answer that did come.
      else if (code !== undefined && code !== 'host-unreachable') this.#troubles.delete(host);
      throw error;
    }
  }

  #failed(host: string): void {
    const failures = (this.#troubles.get(host)?.failures ?? 0) + 1;
    const pausedUntil = failures < this.#limits.failuresToPause ? 0 : this.#clock.now() + this.#limits.pauseMs;
    this.#troubles.delete(host); // to the end of the order, so that the first in it is the oldest
    this.#troubles.set(host, { failures, pausedUntil });
    const [oldest] = this.#troubles.keys();
    if (this.#troubles.size > maxHosts && oldest !== undefined) this.#troubles.delete(oldest);
  }
}
