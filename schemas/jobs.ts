import type { ImageTags } from './events.js';
import type { FailureCode } from './failure.js';
import type { LaneName } from './lanes.js';

/** 32 lower-case hex digits. */
export function isJobId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/**
 * - `accepting`: its images are still being sent
 * - `accepted`: all were sent; it ends when each has a result
 * - `cancelled`: what had not begun is not run
 */
export const jobStates = ['accepting', 'accepted', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

/** `job.avsc`: what was asked for, on `jobs` (compacted, keyed by id): the last record counts. */
export interface Job {
  readonly id: string;
  /** Name of the client that asked; null where no key was asked for. */
  readonly client: string | null;
  /** Exact version. */
  readonly pipeline: string;
  readonly lane: LaneName;
  /** Where results go besides the job itself, as a URI; null: nowhere. */
  readonly callback: string | null;
  readonly state: JobState;
  /** Images sent so far, all of them unless it is `accepting`. */
  readonly images: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds of this record. */
  readonly updatedAt: number;
}

/** A group of results of one job that was stored as one object. */
export interface JobPart {
  /** Of the object that holds them. */
  readonly key: string;
  /** Positions in the job, in the order of the object's lines. */
  readonly items: readonly number[];
  /** Failure code → those among the positions that failed for it. */
  readonly failed: Readonly<Record<string, readonly number[]>>;
}

/** How a job ended. */
export interface JobSummary {
  readonly images: number;
  readonly tagged: number;
  readonly failed: number;
  /** Those among the failed that were not run because the job was cancelled. */
  readonly cancelled: number;
}

/**
 * `job-progress.avsc`: what happened to a job, on `job-progress`, keyed by job: either a part or the summary, which
 * comes last.
 */
export interface JobProgress {
  readonly job: string;
  readonly client: string | null;
  readonly callback: string | null;
  readonly part: JobPart | null;
  readonly summary: JobSummary | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** One image of a job: a line of its results, and what callbacks are given. */
export interface JobResult {
  /** The same however often it is delivered. */
  readonly id: string;
  readonly job: string;
  /** Position among the images of the job, from 0. */
  readonly item: number;
  /** What the client called the image in this job. */
  readonly reference: string | null;
  readonly listingId: string;
  readonly imageId: string;
  readonly url: string | null;
  /** Null when the image could not be tagged. */
  readonly result: JobTags | null;
  /** Null when it was tagged. */
  readonly problem: { readonly code: FailureCode; readonly detail: string; readonly remedy: string } | null;
}

export type JobTags = Pick<
  ImageTags,
  'pipeline' | 'contentSha256' | 'width' | 'height' | 'roomType' | 'tags' | 'models' | 'cached' | 'taggedAt'
>;
