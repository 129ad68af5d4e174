import type { Clock } from '../../primitives/clock.js';

export interface RecentKeysOptions {
  readonly capacity: number;
  readonly rememberForMs: number;
  readonly clock: Clock;
}

/**
 * Remembers keys for a while; when it is full, the key that was added the longest time ago goes first. The time limit
 * is there because objects may be removed behind our back, such as by a life-cycle rule of the bucket.
 */
export class RecentKeys {
  readonly #expiries = new Map<string, number>();
  readonly #options: RecentKeysOptions;

  constructor(options: RecentKeysOptions) {
    this.#options = options;
  }

  has(key: string): boolean {
    const expiry = this.#expiries.get(key);
    if (expiry === undefined) return false;
    if (expiry > this.#options.clock.now()) return true;
    this.#expiries.delete(key);
    return false;
  }

  add(key: string): void {
    const { capacity, rememberForMs, clock } = this.#options;
    this.#expiries.delete(key);
    this.#expiries.set(key, clock.now() + rememberForMs);
    if (this.#expiries.size <= capacity) return;
    const [oldest] = this.#expiries.keys();
    if (oldest !== undefined) this.#expiries.delete(oldest);
  }
}
