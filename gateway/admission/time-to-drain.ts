import { createArrivals, type QueueSample } from './arrivals.js';

export interface TimeToDrainOptions {
  /** Events that the lane certainly processes at the same time. Up to this number, there is no queue. */
  readonly atOnce?: number;
  /** Window (ms) over which the rate is measured. */
  readonly windowMs?: number;
  /** Time (ms) within the window for which the queue must have been busy before the rate counts as measured. */
  readonly leastBusyMs?: number;
}

/** A processed event of any gateway that has ended. */
export interface EndedEvent {
  /** Time at which it entered the queue (epoch ms); undefined when unknown. */
  readonly enteredAt: number | undefined;
  /**
   * Time (ms) from then on, and the part of it that the event waited for something outside the lane, such as the
   * photo's host. Undefined when unknown.
   */
  readonly took?: { readonly totalMs: number; readonly elsewhereMs: number } | undefined;
}

export interface Expected {
  /** Time (ms) until an event that is sent now would be done. */
  readonly ms: number;
  /**
   * Whether the lane itself is the bottleneck. Otherwise events may wait for something outside the lane, and a new
   * event would not wait behind them.
   */
  readonly certain: boolean;
}

/** Estimates how long the events of a lane wait. Pure: the caller reports events and their times. */
export interface TimeToDrain {
  /** Records that this gateway sends an event. */
  sent(): void;
  /** Records that an event of any gateway was answered. */
  answered(event: EndedEvent): void;
  /**
   * Records that an event was dropped because its deadline had passed. A drop takes no time, so the rate ignores it.
   */
  expired(event: Pick<EndedEvent, 'enteredAt'>): void;
  read(reading: QueueSample): void;
  /** Estimates the time of an event that is sent `at` (epoch ms); undefined while no wait is expected. */
  estimate(at: number): Expected | undefined;
}

/** Answers since the last reading, and their times. */
interface Work {
  answers: number;
  totalMs: number;
  elsewhereMs: number;
}

/** The time between two readings during which more than `atOnce` events waited throughout. */
interface Busy extends Readonly<Work> {
  readonly until: number;
  readonly durationMs: number;
}

/**
 * Divides the number of waiting events by the rate of answers. The rate counts only while more than `atOnce` events
 * wait; at lower load, it would measure the rate of requests instead of the throughput. Before the first answer there
 * is no estimate, so a lane that starts and loads its models admits all events.
 */
export function createTimeToDrain({
  atOnce = 4,
  windowMs = 10_000,
  leastBusyMs = 2_000,
}: TimeToDrainOptions = {}): TimeToDrain {
  const arrivals = createArrivals();
  let previousAt: number | undefined;
  /** Fewest waiting events since the last reading. */
  let fewestWaiting = 0;
  let work = nothing();
  let everAnswered = false;
  let busy: readonly Busy[] = [];

  function end(enteredAt: number | undefined): void {
    arrivals.ended(enteredAt);
    fewestWaiting = Math.min(fewestWaiting, arrivals.waiting);
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
      if (previousAt !== undefined && reading.at > previousAt && Math.min(fewestWaiting, waiting) > atOnce) {
        busy = [...busy, { ...work, until: reading.at, durationMs: reading.at - previousAt }];
      }
      previousAt = reading.at;
      fewestWaiting = waiting;
      work = nothing();
    },
    estimate(at) {
      // Runs here, so that old measurements expire even when readings stop.
      busy = busy.filter(({ until }) => until > at - windowMs);
      const sum = (of: (part: Busy) => number) => busy.reduce((total, part) => total + of(part), 0);
      const durationMs = sum((part) => part.durationMs);
      const { waiting } = arrivals;
      if (!everAnswered || durationMs < leastBusyMs || waiting <= atOnce) return undefined;
      return {
        // One answer more than measured, because the next may be imminent. Otherwise a slow lane would seem to stop.
        ms: ((waiting + 1) * durationMs) / (sum((part) => part.answers) + 1),
        certain: 2 * sum((part) => part.elsewhereMs) < sum((part) => part.totalMs),
      };
    },
  };
}

function nothing(): Work {
  return { answers: 0, totalMs: 0, elsewhereMs: 0 };
}
