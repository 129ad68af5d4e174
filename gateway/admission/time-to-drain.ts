import { createArrivals, type Reading } from './arrivals.js';

export interface TimeToDrainOptions {
  /** Events that the lane surely works on at the same time: no more than that are no queue. */
  readonly atOnce?: number;
  /** How far back the rate looks, milliseconds. */
  readonly windowMs?: number;
  /** How long more must have waited, without a pause, before the rate counts as measured, milliseconds. */
  readonly leastBusyMs?: number;
}

/** Somebody's event that was worked on, and has ended. */
export interface EndedEvent {
  /** Epoch milliseconds; undefined where nobody knows. */
  readonly enteredAt: number | undefined;
  /**
   * Milliseconds from then on, and how many of them it waited for others than the lane, such as the photo's host;
   * undefined where nobody knows.
   */
  readonly took?: { readonly totalMs: number; readonly elsewhereMs: number } | undefined;
}

export interface Expected {
  /** Milliseconds until an event that is sent now would be done. */
  readonly ms: number;
  /**
   * Whether it is known that the lane is what takes the time; else events may wait for others, and one more would not
   * wait behind them.
   */
  readonly certain: boolean;
}

/** Estimates how long the events of a lane wait. Pure: it is told what happens, and when. */
export interface TimeToDrain {
  /** This gateway sends an event. */
  sent(): void;
  answered(event: EndedEvent): void;
  /** Somebody's event was dropped because its deadline had passed, which costs no time and says nothing of the rate. */
  expired(event: Pick<EndedEvent, 'enteredAt'>): void;
  read(reading: Reading): void;
  /** For an event that is sent at that time, epoch milliseconds; undefined while nothing speaks for a wait. */
  estimate(at: number): Expected | undefined;
}

/** What was answered while more waited than is worked on at once. */
interface Work {
  answers: number;
  totalMs: number;
  elsewhereMs: number;
}

/** The time between two readings in which more waited throughout. */
interface Busy extends Readonly<Work> {
  readonly until: number;
  readonly durationMs: number;
}

/**
 * Waiting events divided by the rate at which events are answered. Only time in which more waited than is worked on at
 * once tells how
 * fast the lane is: otherwise the rate is that of the questions. Nothing is known before the first answer, so a lane
 * that is
 * starting, and loads its models, admits.
 */
export function createTimeToDrain({
  atOnce = 4,
  windowMs = 10_000,
  leastBusyMs = 2_000,
}: TimeToDrainOptions = {}): TimeToDrain {
  const arrivals = createArrivals();
  let previousAt: number | undefined;
  /** Since the last reading. */
  let least = 0;
  let work = nothing();
  let everAnswered = false;
  let busy: readonly Busy[] = [];

  function end(enteredAt: number | undefined): void {
    arrivals.ended(enteredAt);
    least = Math.min(least, arrivals.waiting);
  }

  return {
    sent: () => arrivals.sent(),
    answered({ enteredAt, took }) {
      everAnswered = true;
      work.answers += 1;
      work.totalMs += took?.totalMs ?? 0;
      work.elsewhereMs += took?.elsewhereMs ?? 0;
      end(enteredAt);
    },
    expired: ({ enteredAt }) => end(enteredAt),
    read(reading) {
      arrivals.read(reading);
      const { waiting } = arrivals;
      if (previousAt !== undefined && reading.at > previousAt && Math.min(least, waiting) > atOnce) {
        busy = [...busy, { ...work, until: reading.at, durationMs: reading.at - previousAt }];
      }
      previousAt = reading.at;
      least = waiting;
      work = nothing();
    },
    estimate(at) {
      // Also when there are no more readings: what is old says nothing.
      busy = busy.filter(({ until }) => until > at - windowMs);
      const sum = (of: (part: Busy) => number) => busy.reduce((total, part) => total + of(part), 0);
      const durationMs = sum((part) => part.durationMs);
      const { waiting } = arrivals;
      if (!everAnswered || durationMs < leastBusyMs || waiting <= atOnce) return undefined;
      return {
        // One more than there were: the next answer may be about to come, and a slow lane must not seem to stand still.
        ms: ((waiting + 1) * durationMs) / (sum((part) => part.answers) + 1),
        certain: 2 * sum((part) => part.elsewhereMs) < sum((part) => part.totalMs),
      };
    },
  };
}

function nothing(): Work {
  return { answers: 0, totalMs: 0, elsewhereMs: 0 };
}
