import type { RecordCoordinates } from '../../runtime/records/message.js';
import type { Job, JobProgress } from '../../schemas/jobs.js';
import type { JobStatus } from './job-status.js';

/**
 * The state of jobs, built from the topics `jobs` and `job-progress`. It is stored together with the positions up to
 * which the topics were read. A store that lost data therefore has lost positions too, and is filled again from the
 * topics. All methods throw `store-unavailable` (transient).
 */
export interface JobProjection {
  /** Returns the offset of the next record to apply; undefined: the first record of the partition. */
  position(topic: string, partition: number): Promise<bigint | undefined>;
  /**
   * Applies a record if the stored position is still the expected one.
   *
   * @param expected what `position` returned
   * @returns whether the record was applied
   */
  applyJob(record: RecordCoordinates, expected: bigint | undefined, job: Job): Promise<boolean>;
  applyProgress(record: RecordCoordinates, expected: bigint | undefined, progress: JobProgress): Promise<boolean>;
  /** Moves the position past an unreadable record, under the same condition. */
  skip(record: RecordCoordinates, expected: bigint | undefined): Promise<boolean>;
  /** Returns jobs whose images all have an outcome, and whose summary was not read yet. */
  ended(): Promise<readonly JobStatus[]>;
  /** Returns jobs in the state `accepting` whose last record is older than `before` (epoch ms). */
  abandoned(before: number): Promise<readonly Job[]>;
}
