/**
 * How a consumer fetches records:
 * - `batches`: whole fetches, in the order in which they arrive.
 * - `large-fetches`: likewise, but the broker waits up to 1 s for 16 KiB. Otherwise all readers of results would
 *   wake up for a single record, just when the gateway answers with it.
 * - `round-robin`: one record of each partition in turn, for a single topic. Fetches are small and short, so that the
 *   records of a new client do not wait behind those of others.
 */
export type FetchMode = keyof typeof fetchSettings;

/** Settings of kafkajs for each mode (ms, bytes). */
export const fetchSettings = {
  batches: { maxWaitTimeInMs: 1_000, maxBytesPerPartition: 2 * 2 ** 20 },
  'large-fetches': { maxWaitTimeInMs: 1_000, maxBytesPerPartition: 2 * 2 ** 20, minBytes: 2 ** 14 },
  'round-robin': { maxWaitTimeInMs: 500, maxBytesPerPartition: 2 ** 18 },
} as const;
