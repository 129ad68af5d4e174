import type { JobStatus } from './job-status.js';

export interface Remaining {
  /** Images without an outcome. */
  readonly waiting: number;
  /** Images a second; null before anything can be told. */
  readonly perSecond: number | null;
  /** At that rate; null where it cannot be told. */
  readonly secondsLeft: number | null;
}

/** How far the rate looks back, milliseconds. */
const windowMs = 60_000;

/** @param now epoch milliseconds */
export function remainingOf({ job, tagged, failed, finishedAt, samples }: JobStatus, now: number): Remaining {
  const done = tagged + failed;
  const waiting = Math.max(0, job.images - done);
  const until = finishedAt ?? now;
  // The last one from before the window, so that the window is filled.
  const [at, before] = samples.findLast((sample) => sample[0] <= until - windowMs) ?? samples[0] ?? [until, done];
  const perSecond = until > at && done > before ? ((done - before) * 1_000) / (until - at) : null;
  return { waiting, perSecond, secondsLeft: waiting === 0 ? 0 : perSecond === null ? null : waiting / perSecond };
}
