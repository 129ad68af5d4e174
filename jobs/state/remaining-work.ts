import type { JobStatus } from './job-status.js';

export interface Remaining {
  /** Images without an outcome. */
  readonly waiting: number;
  /** Images per second; null before there is progress to measure. */
  readonly perSecond: number | null;
  /** Time left at that rate (s); null without a rate. */
  readonly secondsLeft: number | null;
}

/** Period over which the rate is measured (ms). */
const windowMs = 60_000;

/** @param now epoch milliseconds */
export function remainingOf({ job, tagged, failed, finishedAt, samples }: JobStatus, now: number): Remaining {
  const done = tagged + failed;
  const waiting = Math.max(0, job.images - done);
  const until = finishedAt ?? now;
  // The latest sample from before the window, so that the whole window counts.
  const [at, before] = samples.findLast((sample) => sample[0] <= until - windowMs) ?? samples[0] ?? [until, done];
  const perSecond = until > at && done > before ? ((done - before) * 1_000) / (until - at) : null;
  return { waiting, perSecond, secondsLeft: waiting === 0 ? 0 : perSecond === null ? null : waiting / perSecond };
}
