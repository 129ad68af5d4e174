export type Release = () => void;

interface Waiting {
  readonly host: string;
  readonly start: () => void;
}

export interface TurnLimits {
  readonly overall: number;
  readonly perHost: number;
}

/**
 * First come, first served, except that a host with all its turns taken is passed over: those who wait for it hold up
 * nobody else.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Resolves when it is this caller's turn; rejects with the signal's reason when it aborts first. */
  take(host: string, signal: AbortSignal): Promise<Release> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#isFree(host)) return Promise.resolve(this.#start(host));
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        host,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(this.#start(host));
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #isFree(host: string): boolean {
    return this.#total < this.#limits.overall && (this.#running.get(host) ?? 0) < this.#limits.perHost;
  }

  #start(host: string): Release {
    this.#total += 1;
    this.#running.set(host, (this.#running.get(host) ?? 0) + 1);
    return () => this.#finish(host);
  }

  #finish(host: string): void {
    this.#total -= 1;
    const left = (this.#running.get(host) ?? 0) - 1;
    if (left > 0) this.#running.set(host, left);
    else this.#running.delete(host);
    for (const waiting of this.#waiting) {
      if (!this.#isFree(waiting.host)) continue;
      this.#waiting.delete(waiting);
      waiting.start();
      return;
    }
  }
}
