/** What one request may ask for. Sizes in bytes, times in milliseconds. */
export interface GatewayLimits {
  readonly jsonBytes: number;
  /** Images by URL in one request. */
  readonly images: number;
  /** The largest image body. */
  readonly imageBytes: number;
  /** Images up to this size travel inside the message, larger ones through the image store. */
  readonly inlineBytes: number;
  readonly urlLength: number;
  readonly idLength: number;
  readonly minDeadlineMs: number;
  readonly maxDeadlineMs: number;
  readonly defaultDeadlineMs: number;
  /** Images that one gateway waits for at once. */
  readonly imagesInFlight: number;
}

const MiB = 1024 * 1024;

export const defaultLimits: GatewayLimits = {
  jsonBytes: 128 * 1024,
  images: 16,
  imageBytes: 25 * MiB,
  inlineBytes: MiB,
  urlLength: 4096,
  idLength: 256,
  minDeadlineMs: 100,
  maxDeadlineMs: 60_000,
  defaultDeadlineMs: 10_000,
  imagesInFlight: 1_000,
};
