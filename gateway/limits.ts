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
  /** JSON of such a request, without the values of tensors. */
  readonly inferenceJsonBytes: number;
  /** The text of one number in such a request. */
  readonly numberBytes: number;
  /** Inputs and outputs in such a request. */
  readonly inputs: number;
  /** How long a body may take; lines of a job have limits of their own. */
  readonly bodyMs: number;
  /** How fast a body has to come on average, bytes a second, after `bodyGraceMs`. */
  readonly bodyBytesPerSecond: number;
  readonly bodyGraceMs: number;
  /** Memory for the bodies of all requests together. */
  readonly bodyMemoryBytes: number;
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
  /** Memory of a job whose lines are being sent. */
  readonly jobStreamBytes: number;
  /** Blank lines beyond one for each line. */
  readonly blankLines: number;
  /** How long a client may pause between two lines. */
  readonly jobIdleMs: number;
  /** How long lines may be sent in all; the time that the queues take does not count. */
  readonly jobMs: number;
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
  inferenceJsonBytes: 64 * 1024,
  numberBytes: 1_024,
  inputs: 64,
  bodyMs: 60_000,
  bodyBytesPerSecond: 500,
  bodyGraceMs: 5_000,
  bodyMemoryBytes: 48 * MiB,
  urlLength: 4096,
  idLength: 256,
  minDeadlineMs: 100,
  maxDeadlineMs: 60_000,
  defaultDeadlineMs: 10_000,
  jobJsonBytes: 8 * MiB,
  jobImages: 10_000,
  jobLineBytes: 16 * 1024,
  jobStreamBytes: 512 * 1024,
  blankLines: 1_000,
  jobIdleMs: 60_000,
  jobMs: 6 * 3_600_000,
  maxPage: 5_000,
  defaultPage: 1_000,
  imagesInFlight: 1_000,
};
