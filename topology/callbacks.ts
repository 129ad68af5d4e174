const hour = 3_600_000;
const day = 24 * hour;

/** How deliveries to callbacks are kept and repeated: seven tries over nine to eleven hours, each delay jittered. */
export const callbackDeliveries = {
  name: 'callbacks',
  retryDelays: ['5s', '30s', '5m', '30m', '2h', '6h'],
  /** Share of a delay by which it may become longer. */
  jitter: 0.2,
  /** How long the summary of a job waits for parts: longer than all their tries take. */
  summaryWaitsMs: 12 * hour,
  partitions: 4,
  retentionMs: 30 * day,
} as const;
