import type { Job } from '../../schemas/jobs.js';

/** A job with its progress. */
export interface JobStatus {
  readonly job: Job;
  readonly tagged: number;
  readonly failed: number;
  /** The subset of `failed` that was skipped because the job was cancelled. */
  readonly cancelled: number;
  /** Failure code → number of images that failed with it. */
  readonly failures: Readonly<Record<string, number>>;
  /** Number of listed parts. */
  readonly parts: number;
  /** Epoch milliseconds; null while results are missing. */
  readonly finishedAt: number | null;
  /** Earlier progress, oldest first: epoch milliseconds, and the number of images with an outcome. */
  readonly samples: readonly (readonly [at: number, done: number])[];
}

/** Returns the status of a job without results. */
export function newJobStatus(job: Job): JobStatus {
  return { job, tagged: 0, failed: 0, cancelled: 0, failures: {}, parts: 0, finishedAt: null, samples: [] };
}
