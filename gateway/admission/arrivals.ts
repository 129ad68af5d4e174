/** What the broker says of a queue at one moment. */
export interface Reading {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Events that have entered the queue since it was made. */
  readonly entered: number;
}

/** What waits in a queue. Pure: it is told what happens, and when. */
export interface Arrivals {
  /** This gateway sends an event. */
  sent(): void;
  /** Somebody's event has ended. @param enteredAt epoch milliseconds; undefined where nobody knows */
  ended(enteredAt: number | undefined): void;
  read(reading: Reading): void;
  /** Events in front of one that would be sent now. */
  readonly waiting: number;
}

/** The events that entered between two readings. */
interface Period {
  /** Epoch milliseconds. */
  readonly from: number;
  entered: number;
  ended: number;
}

/** Periods that are remembered: an hour of readings, longer than anybody waits. */
const maxPeriods = 3_600;

/**
 * A lane begins its events in the order in which they entered, so all that entered before one that has ended have begun
 * too. Those
 * among them that have not ended are held up by something else, such as a slow host of a photo, and nobody waits behind
 * them:
 * only what entered in the same period as the latest event that has ended, or after it, counts.
 */
export function createArrivals(): Arrivals {
  let last: Reading | undefined;
  /** The first is that of the latest event that has ended; the last goes on. */
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
      // Nothing is known of what came before the first reading, nor of a queue that was made anew.
      if (entered < 0 || !current) periods = [next];
      else {
        current.entered = entered; // others send too
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
