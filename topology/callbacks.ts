const hour = 3_600_000;
const day = 24 * hour;

/** Retention and retries of callback deliveries: seven tries over nine to eleven hours, with jittered delays. */
export const callbackDeliveries = {
  name: 'callbacks',
  retryDelays: ['5s', '30s', '5m', '30m', '2h', '6h'],
  /** Upper bound of the random extension of a delay, as a share of the delay. */
  jitter: 0.2,
  /** Time that the summary of a job waits for its parts (ms). All tries of a part take less. */
  summaryWaitsMs: 12 * hour,
  partitions: 4,
  retentionMs: 30 * day,
} as const;
