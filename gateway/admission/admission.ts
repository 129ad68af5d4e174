import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../problems/problem.js';
import type { TimeToDrain } from './time-to-drain.js';

export interface AdmissionOptions {
  readonly estimator: Pick<TimeToDrain, 'estimate' | 'sent'>;
  readonly clock: Clock;
  /** Images, and requests for models, that this gateway may wait for at once. */
  readonly inFlight: number;
}

export interface Admission {
  /**
   * Takes places for images, or requests for models, that are to be done within a time. Throws `overloaded` when they would not be in time, or
   * when this gateway waits for too many. What it returns gives the places back.
   */
  enter(images: number, deadlineMs: number): () => void;
}

/** How often one is let through to find out, where it is not certain that it would wait, milliseconds. */
const probeEveryMs = 1_000;
/** The longest `Retry-After`, milliseconds: what is known now says little of later. */
const longestWaitMs = 30_000;

/** Refuses at once what would wait in vain. */
export function createAdmission({ estimator, clock, inFlight }: AdmissionOptions): Admission {
  let taken = 0;
  let probedAt = -Infinity;

  /** Whether a request may find out what is not certain. */
  function mayProbe(certain: boolean): boolean {
    const now = clock.now();
    if (certain || now - probedAt < probeEveryMs) return false;
    probedAt = now;
    return true;
  }

  return {
    enter(images, deadlineMs) {
      const expected = estimator.estimate(clock.now());
      if (expected !== undefined && expected.ms > deadlineMs && !mayProbe(expected.certain)) throw tooSlow(expected.ms, deadlineMs);
      if (taken + images > inFlight) throw tooMany(inFlight);
      taken += images;
      for (let sent = 0; sent < images; sent += 1) estimator.sent();
      return function leave() {
        taken -= images;
      };
    },
  };
}

function tooSlow(expectedMs: number, deadlineMs: number): ProblemError {
  const waitSeconds = Math.max(1, Math.ceil(Math.min(expectedMs - deadlineMs, longestWaitMs) / 1_000));
  return new ProblemError({
    code: 'overloaded',
    detail: `What is sent now would be done in about ${Math.ceil(expectedMs / 1_000)} s, and the deadline is ${deadlineMs / 1_000} s.`,
    remedy: `Try again in ${waitSeconds} s, or allow more time.`,
    headers: { 'retry-after': `${waitSeconds}` },
  });
}

function tooMany(inFlight: number): ProblemError {
  return new ProblemError({
    code: 'overloaded',
    detail: `This gateway waits for ${inFlight} answers already, which is its limit.`,
    remedy: 'Try again after the time in Retry-After, or ask another instance.',
  });
}
