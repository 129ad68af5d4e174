import type { Clock } from '../../primitives/clock.js';

export interface ManualClock extends Clock {
  /** Moves time forward, and runs the tasks that become due, in order. */
  advance(ms: number): void;
  /** Time at which the next scheduled task is due (epoch ms). */
  readonly nextDueAt: number | undefined;
}

/** A clock that only tests move. */
export function createManualClock(startAt = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startAt;
  let scheduled: { readonly dueAt: number; readonly task: () => void }[] = [];
  const next = () =>
    scheduled.reduce<(typeof scheduled)[number] | undefined>(
      (first, entry) => (!first || entry.dueAt < first.dueAt ? entry : first),
      undefined,
    );

  return {
    now: () => now,
    schedule(delayMs, task) {
      const entry = { dueAt: now + delayMs, task };
      scheduled.push(entry);
      return () => {
        scheduled = scheduled.filter((other) => other !== entry);
      };
    },
    advance(ms) {
      const until = now + ms;
      for (let entry = next(); entry && entry.dueAt <= until; entry = next()) {
        const due = entry;
        now = Math.max(now, due.dueAt);
        scheduled = scheduled.filter((other) => other !== due);
        due.task();
      }
      now = until;
    },
    get nextDueAt() {
      return next()?.dueAt;
    },
  };
}
