import type { Clock } from '../../primitives/clock.js';

export interface RecentKeysOptions {
  readonly capacity: number;
  readonly rememberForMs: number;
  readonly clock: Clock;
}

/**
 * Remembers keys for a limited time. When it is full, it forgets the key that was added first. The time is limited
 * because others may remove objects, such as a life-cycle rule of the bucket.
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
