import type { ListingImage } from '../schemas/events.js';
import type { Job, JobProgress, JobResult } from '../schemas/jobs.js';

/**
 * Keeps parts of job results, each an object of one JSON document a line. Throws `store-unavailable` (transient) when
 * the
 * store cannot be reached.
 */
export interface PartStore {
  /** Writes over what has the key. */
  write(key: string, results: readonly JobResult[]): Promise<void>;
  /** In the order in which they were written. Throws `claim-missing` when nothing has the key. */
  read(key: string): Promise<readonly JobResult[]>;
}

/** Which images of a job its callback was told of, or never will be. Both throw `store-unavailable` (transient). */
export interface DeliveredItems {
  add(job: string, items: readonly number[]): Promise<void>;
  /** How many there are. */
  count(job: string): Promise<number>;
}

/** Where a job stands. */
export interface JobStatus {
  readonly job: Job;
  readonly tagged: number;
  readonly failed: number;
  /** Those among the failed that were not run because the job was cancelled. */
  readonly cancelled: number;
  /** Failure code → how many failed for it. */
  readonly failures: Readonly<Record<string, number>>;
  readonly parts: number;
  /** Epoch milliseconds; null while results are missing. */
  readonly finishedAt: number | null;
  /** Earlier moments, the oldest first: epoch milliseconds, and how many images had an outcome. */
  readonly samples: readonly (readonly [at: number, done: number])[];
}

/** One part among those of a job, in the order in which they came. */
export interface ListedPart {
  readonly key: string;
  readonly lines: number;
  /** Lines about images that an earlier part told of. */
  readonly repeated: readonly number[];
}

/** Where jobs stand, to be read. All throw `store-unavailable` (transient). */
export interface JobStates {
  /**
   * Jobs of a client, the latest first.
   *
   * @param before id of the last one of the page before; undefined: from the latest on
   * @returns at most `count`; `next`: what to give as `before` for those that follow, while there may be some
   */
  list(
    client: string | null,
    before: string | undefined,
    count: number,
  ): Promise<{ readonly jobs: readonly JobStatus[]; readonly next: string | undefined }>;
  find(id: string): Promise<JobStatus | undefined>;
  parts(id: string, first: number, count: number): Promise<readonly ListedPart[]>;
}

/** Where a record stands. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * What is known of jobs, kept together with how far the topics were read: a store that was lost, or is older than it
 * was,
 * says so by its positions, and is filled again from the topics. All throw `store-unavailable` (transient).
 */
export interface JobProjection {
  /** The next record that is wanted; undefined: the first there is. */
  position(topic: string, partition: number): Promise<bigint | undefined>;
  /**
   * Takes a record in, if the position is still what the caller expects.
   *
   * @param expected what `position` says before
   * @returns whether it was taken in
   */
  applyJob(place: Place, expected: bigint | undefined, job: Job): Promise<boolean>;
  applyProgress(place: Place, expected: bigint | undefined, progress: JobProgress): Promise<boolean>;
  /** Passes over a record that nothing can be learned from. */
  skip(place: Place, expected: bigint | undefined): Promise<boolean>;
  /** Jobs all of whose images have an outcome, and whose summary has not been read yet. */
  ended(): Promise<readonly JobStatus[]>;
  /**
   * Jobs that say that their images are still being sent, and have said so last before that time (epoch milliseconds).
   */
  abandoned(before: number): Promise<readonly Job[]>;
}

/** An image of a job. */
export interface JobImage {
  readonly event: ListingImage;
  /** Position in the job, from 0. */
  readonly item: number;
  readonly reference: string | null;
}

/** Publishes jobs and their images to the queues. `announce` and `send` reject with `FanlightError`. */
export interface JobQueue {
  /** Publishes the job record; resolves once it is durable. */
  announce(job: Job): Promise<void>;
  /** Sends images of the job to its lane; resolves once they are durable. */
  send(job: Job, images: readonly JobImage[], traceparent: string): Promise<void>;
  /** Whether the job has been cancelled. A cancellation is visible shortly after it was published. */
  isCancelled(id: string): boolean;
}
