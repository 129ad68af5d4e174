/**
 * How records are read: `batches`, whole and in the order in which they come; `unhurried`, likewise, but not before
 * there is enough for a
 * fetch, so that not all who read results wake for a single one at the moment when the gateway answers with it;
 * `inTurn`, one record of
 * each partition in turn, of one topic: fetches are small and do not wait long, so that nobody waits for them who has
 * just come.
 */
export type Reading = keyof typeof fetchSettings;

/** What kafkajs is told of each. Milliseconds and bytes. */
export const fetchSettings = {
  batches: { maxWaitTimeInMs: 1_000, maxBytesPerPartition: 2 * 2 ** 20 },
  unhurried: { maxWaitTimeInMs: 1_000, maxBytesPerPartition: 2 * 2 ** 20, minBytes: 2 ** 14 },
  inTurn: { maxWaitTimeInMs: 500, maxBytesPerPartition: 2 ** 18 },
} as const;
