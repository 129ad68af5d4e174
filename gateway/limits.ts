/** What one request may ask for. Sizes in bytes, times in milliseconds. */
export interface GatewayLimits {
  readonly jsonBytes: number;
  /** Images by URL in one request. */
  readonly images: number;
  /** The largest image body. */
  readonly imageBytes: number;
  /** The largest request for a model, tensors included. */
  readonly inferenceBytes: number;
  /** Images up to this size travel inside the message, larger ones through the image store. */
  readonly inlineBytes: number;
  /** How long a body may take; lines of a job have a limit of their own. */
  readonly bodyMs: number;
  readonly urlLength: number;
  readonly idLength: number;
  readonly minDeadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly defaultDeadlineMs: number;
  /** A list of images for a job. */
  readonly jobJsonBytes: number;
  /** Images in such a list; lines have no bound. */
  readonly jobImages: number;
  /** One image of a job, as a line. */
  readonly jobLineBytes: number;
  /** How long a client may pause while it sends lines. */
  readonly jobIdleMs: number;
  /** Results on one page, at most and unless told. */
  readonly maxPage: number;
  readonly defaultPage: number;
  /** Images that one gateway waits for at once. */
  readonly imagesInFlight: number;
}

const MiB = 1024 * 1024;

export const defaultLimits: GatewayLimits = {
  jsonBytes: 128 * 1024,
  images: 16,
  imageBytes: 25 * MiB,
  inferenceBytes: 64 * MiB,
  inlineBytes: MiB,
  bodyMs: 60_000,
  urlLength: 4096,
  idLength: 256,
  minDeadlineMs: 100,
  maxDeadlineMs: 60_000,
  defaultDeadlineMs: 10_000,
  jobJsonBytes: 8 * MiB,
  jobImages: 10_000,
  jobLineBytes: 16 * 1024,
  jobIdleMs: 60_000,
  maxPage: 5_000,
  defaultPage: 1_000,
  imagesInFlight: 1_000,
};
