/** Most images that are sent to the queues in one batch. */
export const batchSize = 500;

/** Splits a list into batches for `submitJob`. */
export function* batchesOf<Image>(images: readonly Image[]): Generator<readonly Image[]> {
  for (let start = 0; start < images.length; start += batchSize) yield images.slice(start, start + batchSize);
}
