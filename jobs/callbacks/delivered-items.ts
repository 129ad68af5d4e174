/**
 * Job items whose callback delivery is final (delivered or given up). Both methods throw `store-unavailable`
 * (transient).
 */
export interface DeliveredItems {
  /** Idempotent. */
  add(job: string, items: readonly number[]): Promise<void>;
  /** Returns the number of distinct items of the job. */
  count(job: string): Promise<number>;
}
