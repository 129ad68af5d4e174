import type { ImageTags } from './events.js';
import type { FailureCode } from './failure.js';
import type { LaneName } from './lanes.js';

/** True for 32 lower-case hex digits. */
export function isJobId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/**
 * - `accepting`: the gateway is still sending the images
 * - `accepted`: all images were sent; the job ends when each has a result
 * - `cancelled`: images whose processing had not started are skipped
 */
export const jobStates = ['accepting', 'accepted', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

/** `job.avsc`: the job record, on `jobs` (compacted, keyed by id). The last record of an id is valid. */
export interface Job {
  readonly id: string;
  /** Name of the client that created the job; null when the gateway needs no API key. */
  readonly client: string | null;
  /** Exact pipeline version. */
  readonly pipeline: string;
  readonly lane: LaneName;
  /** Additional destination of the results, as a URI; null: none. */
  readonly callback: string | null;
  readonly state: JobState;
  /** Number of images sent so far. It is final unless the state is `accepting`. */
  readonly images: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds of this record. */
  readonly updatedAt: number;
}

/** A group of results of one job, stored as one object. */
export interface JobPart {
  /** Key of the object that holds the results. */
  readonly key: string;
  /** Positions in the job, in the order of the object's lines. */
  readonly items: readonly number[];
  /** Failure code → the subset of `items` that failed with it. */
  readonly failed: Readonly<Record<string, readonly number[]>>;
}

/** The final counts of a job. */
export interface JobSummary {
  readonly images: number;
  readonly tagged: number;
  readonly failed: number;
  /** The subset of `failed` that was skipped because the job was cancelled. */
  readonly cancelled: number;
}

/**
 * `job-progress.avsc`: the progress of a job, on `job-progress`, keyed by job. A record holds either a part or the
 * summary, which comes last.
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

/** The result of one image of a job: a line of its results, and the payload of callbacks. */
export interface JobResult {
  /** Stable across repeated deliveries. */
  readonly id: string;
  readonly job: string;
  /** Position among the images of the job, from 0. */
  readonly item: number;
  /** The client's own name for the image in this job. */
  readonly reference: string | null;
  readonly listingId: string;
  readonly imageId: string;
  readonly url: string | null;
  /** Null when the image could not be tagged. */
  readonly result: JobTags | null;
  /** Null when the image was tagged. */
  readonly problem: { readonly code: FailureCode; readonly detail: string; readonly remedy: string } | null;
}

export type JobTags = Pick<
  ImageTags,
  'pipeline' | 'contentSha256' | 'width' | 'height' | 'roomType' | 'tags' | 'models' | 'cached' | 'taggedAt'
>;
