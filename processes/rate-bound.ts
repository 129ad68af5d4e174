import type { Clock } from '../primitives/clock.js';

export interface RateBoundOptions {
  readonly clock: Clock;
  /** Calls that may pass in one window. */
  readonly count: number;
  readonly windowMs: number;
}

/** Lets a bounded number of calls pass in each time window, and counts the others. */
export class RateBound {
  readonly #options: RateBoundOptions;
  #windowEndsAt = -Infinity;
  #passed = 0;
  #heldBack = 0;

  constructor(options: RateBoundOptions) {
    this.#options = options;
  }

  /**
   * Returns undefined when the call is held back, else the number of calls held back since the last one that passed.
   */
  pass(): number | undefined {
    const { clock, count, windowMs } = this.#options;
    const now = clock.now();
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + windowMs;
      this.#passed = 0;
    }
    if (this.#passed >= count) {
      this.#heldBack += 1;
      return undefined;
    }
    this.#passed += 1;
    const heldBack = this.#heldBack;
    this.#heldBack = 0;
    return heldBack;
  }
}
