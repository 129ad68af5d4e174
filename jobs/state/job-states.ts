import type { JobStatus } from './job-status.js';

/** Days that the state of a job is kept after its last record. */
export const jobKeptDays = 7;

/** One part in the list of a job's parts. The list has the order in which the parts were read. */
export interface ListedPart {
  readonly key: string;
  readonly lines: number;
  /** Line numbers, from 0, of images that an earlier part already contains. */
  readonly repeated: readonly number[];
}

/** Queries for the state of jobs. All methods throw `store-unavailable` (transient). */
export interface JobStates {
  /**
   * Lists the jobs of a client, latest first.
   *
   * @param client null: jobs that were submitted without an API key
   * @param before id of the last job of the previous page; undefined for the first page
   * @returns at most `count` jobs; `next` is the `before` of the next page, which may be empty; undefined: last page
   */
  list(
    client: string | null,
    before: string | undefined,
    count: number,
  ): Promise<{ readonly jobs: readonly JobStatus[]; readonly next: string | undefined }>;
  find(id: string): Promise<JobStatus | undefined>;
  /** Returns at most `count` parts of the job, starting at index `first`. */
  parts(id: string, first: number, count: number): Promise<readonly ListedPart[]>;
}
