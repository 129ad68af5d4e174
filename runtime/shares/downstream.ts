/** Where the groups behind the one that lets work in stand together. */
export interface DownstreamSample {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Records in their queues. */
  readonly waiting: number;
  /** Records that they have ever finished. */
  readonly finished: number;
}

/** What may wait behind the entrance: as much as is done in this time, milliseconds… */
const aheadMs = 5_000;
/** …or so many records: what two workers hold, so that none of them runs dry between two readings. */
const leastAhead = 256;
/** Part of the newest reading in the rate. */
const newest = 0.3;

/**
 * Whether more work may be let in. Who goes first is decided at the entrance, and holds only as long as little waits
 * behind it,
 * where it is first come, first served.
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
