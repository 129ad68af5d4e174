import type { Result } from './results.js';

/** Compares a store with the results that its sink has read. */
export interface StoreCheck {
  /** Whether the store has the result, or a newer one in its place. */
  has(result: Result): boolean;
  /** Returns the differences from the store of a run without faults. */
  differences(results: readonly Result[]): readonly string[];
}
