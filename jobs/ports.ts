import type { JobResult } from '../schemas/jobs.js';

/**
 * Keeps parts of job results, each an object of one JSON document a line. Throws `store-unavailable` (transient) when the
 * store can not be reached.
 */
export interface PartStore {
  /** Writes over what has the key. */
  write(key: string, results: readonly JobResult[]): Promise<void>;
  /** In the order in which they were written. Throws `claim-missing` when nothing has the key. */
  read(key: string): Promise<readonly JobResult[]>;
}
