export type Release = () => void;

interface Waiting {
  readonly key: string;
  readonly start: () => void;
}

export interface TurnLimits {
  readonly overall: number;
  readonly perKey: number;
}

/**
 * Serves callers in FIFO order with an overall limit and a limit per key, such as a host. Callers that wait for a key
 * at its limit are skipped, so they do not block the callers of other keys.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Resolves when the caller may start. Rejects with the signal's reason when the signal aborts first. */
  take(key: string, signal: AbortSignal): Promise<Release> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#isFree(key)) return Promise.resolve(this.#start(key));
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        key,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(this.#start(key));
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #isFree(key: string): boolean {
    return this.#total < this.#limits.overall && (this.#running.get(key) ?? 0) < this.#limits.perKey;
  }

  #start(key: string): Release {
    this.#total += 1;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    return () => this.#finish(key);
  }

  #finish(key: string): void {
    this.#total -= 1;
    const left = (this.#running.get(key) ?? 0) - 1;
    if (left > 0) this.#running.set(key, left);
    else this.#running.delete(key);
    for (const waiting of this.#waiting) {
      if (!this.#isFree(waiting.key)) continue;
      this.#waiting.delete(waiting);
      waiting.start();
      return;
    }
  }
}
