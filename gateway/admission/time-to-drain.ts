/** What the broker says of a lane at one moment. */
export interface Reading {
  /** Milliseconds of any clock that only goes forward. */
  readonly at: number;
  /** Events that are not done yet, those under way included. */
  readonly waiting: number;
}

export interface TimeToDrainOptions {
  /** How far back the rate looks, milliseconds. */
  readonly windowMs?: number;
  /** How long the lane must have had work without a pause before its rate counts as measured, milliseconds. */
  readonly leastBusyMs?: number;
}

/** Estimates how long the events of a lane wait. Pure: it is told what happens, and when. */
export interface TimeToDrain {
  /** This gateway sends an event. */
  sent(): void;
  /** Somebody's event was worked on, and is done. */
  answered(): void;
  /** Somebody's event was dropped because its deadline had passed, which costs no time and says nothing of the rate. */
  expired(): void;
  read(reading: Reading): void;
  /** Milliseconds until an event that is sent at that time would be done; undefined while that can not be known. */
  estimate(at: number): number | undefined;
}

/** The time between two readings in which there was work throughout. */
interface Busy {
  readonly until: number;
  readonly durationMs: number;
  readonly answers: number;
}

/**
 * Waiting events divided by the rate at which events are answered. Only time with work throughout tells how fast the lane is:
 * with pauses, the rate is that of the questions. Nothing is known before the first answer, so a lane that is starting, and
 * loads its models, admits.
 */
export function createTimeToDrain({ windowMs = 10_000, leastBusyMs = 2_000 }: TimeToDrainOptions = {}): TimeToDrain {
  let previous: Reading | undefined;
  let waiting = 0;
  let least = 0;
  let answers = 0;
  let everAnswered = false;
  let busy: readonly Busy[] = [];

  function leave(): void {
    // Others send too, which shows with the next reading.
    waiting = Math.max(0, waiting - 1);
    least = Math.min(least, waiting);
  }

  return {
    sent() {
      waiting += 1;
    },
    answered() {
      everAnswered = true;
      answers += 1;
      leave();
    },
    expired: leave,
    read(reading) {
      const { at } = reading;
      if (previous !== undefined && at > previous.at && Math.min(least, reading.waiting) > 0) {
        busy = [...busy, { until: at, durationMs: at - previous.at, answers }];
      }
      previous = reading;
      waiting = reading.waiting;
      least = reading.waiting;
      answers = 0;
    },
    estimate(at) {
      // Also when there are no more readings: what is old says nothing.
      busy = busy.filter(({ until }) => until > at - windowMs);
      const durationMs = busy.reduce((sum, part) => sum + part.durationMs, 0);
      if (!everAnswered || durationMs < leastBusyMs) return undefined;
      // One more than there were: the next answer may be about to come, and a slow lane must not seem to stand still.
      const answered = busy.reduce((sum, part) => sum + part.answers, 0) + 1;
      return ((waiting + 1) * durationMs) / answered;
    },
  };
}
