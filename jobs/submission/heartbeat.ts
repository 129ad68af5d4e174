/** How often a gateway says that more images of a job are coming (ms). */
export const heartbeatMs = 10_000;

/**
 * A job without a heartbeat for this time is cancelled (ms). A gateway waits as long for its queues, so that a broker
 * may
 * restart while a job is being sent.
 */
export const abandonedAfterMs = 60_000;
