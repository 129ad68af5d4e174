/** A sample of a queue, read from the broker. */
export interface QueueSample {
  /** Time of the sample (epoch ms). */
  readonly at: number;
  /** Events that have entered the queue since its creation. */
  readonly entered: number;
}

/** Counts the events that wait in a queue. Pure: the caller reports events and their times. */
export interface Arrivals {
  /** Records that this gateway sends an event. */
  sent(): void;
  /** Records that an event of any gateway has ended. @param enteredAt epoch ms; undefined when unknown */
  ended(enteredAt: number | undefined): void;
  read(reading: QueueSample): void;
  /** Events ahead of an event that would be sent now. */
  readonly waiting: number;
}

/** The events that entered between two readings. */
interface Period {
  /** Start of the period (epoch ms). */
  readonly from: number;
  entered: number;
  ended: number;
}

/** Most periods that are kept: an hour of readings, longer than any request waits. */
const maxPeriods = 3_600;

/**
 * Counts only events that entered in the same period as the latest ended event, or after it. A lane starts its events
 * in FIFO order, so all events before an ended one have started. Those of them that have not ended wait for something
 * else, such as a photo's slow host. They do not delay the events behind them.
 */
export function createArrivals(): Arrivals {
  let last: QueueSample | undefined;
  /** The first period is that of the latest ended event; the last period is still open. */
  let periods: Period[] = [{ from: -Infinity, entered: 0, ended: 0 }];

  return {
    sent() {
      const current = periods.at(-1);
      if (current) current.entered += 1;
    },
    ended(enteredAt) {
      const at = enteredAt === undefined ? -1 : periods.findLastIndex(({ from }) => from <= enteredAt);
      periods.splice(0, Math.max(0, at));
      if (at >= 0 && periods[0]) periods[0].ended += 1;
    },
    read(reading) {
      const entered = last === undefined ? -1 : reading.entered - last.entered;
      const next = { from: reading.at, entered: 0, ended: 0 };
      const current = periods.at(-1);
      // Arrivals before the first reading are unknown, and so are those of a queue that was created again.
      if (entered < 0 || !current) periods = [next];
      else {
        current.entered = entered; // includes events of other gateways
        periods.push(next);
        if (periods.length > maxPeriods) periods.shift();
      }
      last = reading;
    },
    get waiting() {
      return periods.reduce((sum, { entered, ended }) => sum + Math.max(0, entered - ended), 0);
    },
  };
}
