import type { ListingImage } from '../../schemas/events.js';
import type { Job } from '../../schemas/jobs.js';

/** An image that a client submits. */
export interface SubmittedImage {
  readonly event: ListingImage;
  /** The client's own name for the image in this job. */
  readonly reference: string | null;
}

/** A submitted image with its position in the job. */
export interface JobImage extends SubmittedImage {
  /** Position in the job, from 0. */
  readonly item: number;
}

/** Publishes jobs and their images to the queues. `announce` and `send` reject with `FanlightError`. */
export interface JobQueue {
  /** Publishes the job record; resolves once it is durable. */
  announce(job: Job): Promise<void>;
  /** Sends images of the job to its lane; resolves once they are durable. */
  send(job: Job, images: readonly JobImage[], traceparent: string): Promise<void>;
  /** Returns whether the job was cancelled. A cancellation becomes visible shortly after it was published. */
  isCancelled(id: string): boolean;
}
