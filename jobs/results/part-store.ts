import type { JobResult } from '../../schemas/jobs.js';

/**
 * Store for the parts of job results. Each part is one object of NDJSON. Both methods throw `store-unavailable`
 * (transient).
 */
export interface PartStore {
  /** Replaces the part that has the key. */
  write(key: string, results: readonly JobResult[]): Promise<void>;
  /** Returns the results in the order in which they were written. Throws `claim-missing` when no part has the key. */
  read(key: string): Promise<readonly JobResult[]>;
}
