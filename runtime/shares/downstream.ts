/** Backlog and progress of all groups downstream of the gate, together. */
export interface DownstreamSample {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Records that wait in their queues. */
  readonly waiting: number;
  /** Records that they have finished since the creation of their queues. */
  readonly finished: number;
}

/** Upper bound of the backlog behind the gate, as the time that the groups need for it (ms). */
const aheadMs = 5_000;
/** Backlog (records) that is always allowed: the windows of two workers, so that neither runs dry between readings. */
const leastAhead = 256;
/** Weight of the newest reading in the rate, which is an exponential moving average. */
const newest = 0.3;

/**
 * Decides whether the gate is open. The group with the gate decides the order of clients, and the queues behind it are
 * FIFO. So that order has an effect only while the backlog behind the gate is small.
 */
export function createDownstream(): { observe(reading: DownstreamSample): void; readonly open: boolean } {
  let previous: DownstreamSample | undefined;
  let perMs = 0;
  let open = true;
  return {
    observe(reading) {
      if (previous && reading.at > previous.at) {
        const rate = (reading.finished - previous.finished) / (reading.at - previous.at);
        perMs = (1 - newest) * perMs + newest * rate;
      }
      previous = reading;
      open = reading.waiting <= Math.max(leastAhead, perMs * aheadMs);
    },
    get open() {
      return open;
    },
  };
}
