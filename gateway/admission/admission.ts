import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { TimeToDrain } from './time-to-drain.js';

export interface AdmissionOptions {
  readonly estimator: Pick<TimeToDrain, 'estimate' | 'sent'>;
  readonly clock: Clock;
  /** Images, and requests for models, that this gateway may wait for at once. */
  readonly inFlight: number;
}

export interface Admission {
  /**
   * Takes places for images, or requests for models, that are to be done within a time. Throws `overloaded` when they
   * would not be in time,
   * when this gateway waits for too many, or when there would be no room for other clients. What it returns gives the
   * places back.
   */
  enter(entry: Entry): () => void;
}

export interface Entry {
  readonly images: number;
  readonly deadlineMs: number;
  /** Name of who asks; undefined where no key is asked for, and nobody is to be kept from anybody. */
  readonly client: string | undefined;
}

/** How often one is let through to find out, where it is not certain that it would wait, milliseconds. */
const probeEveryMs = 1_000;
/** The longest `Retry-After`, milliseconds: what is known now says little of later. */
const longestWaitMs = 30_000;

/**
 * Refuses at once what would wait in vain, and what would leave no room for others: a client may have as much of the
 * lane as is still
 * free, so that one alone gets half of it, two a third each, and whoever comes next finds room (the dynamic thresholds
 * of Choudhury and
 * Hahne, "Dynamic queue length thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2),
 * 1998).
 */
export function createAdmission({ estimator, clock, inFlight }: AdmissionOptions): Admission {
  let taken = 0;
  /** Client → its part of `taken`. */
  const takenBy = new Map<string, number>();
  let probedAt = -Infinity;

  /** Whether a request may find out what is not certain. */
  function mayProbe(certain: boolean): boolean {
    const now = clock.now();
    if (certain || now - probedAt < probeEveryMs) return false;
    probedAt = now;
    return true;
  }

  function take(images: number, client: string | undefined): void {
    taken += images;
    if (client === undefined) return;
    const own = (takenBy.get(client) ?? 0) + images;
    if (own > 0) takenBy.set(client, own);
    else takenBy.delete(client);
  }

  return {
    enter({ images, deadlineMs, client }) {
      const own = client === undefined ? 0 : (takenBy.get(client) ?? 0);
      const expected = estimator.estimate(clock.now());
      if (expected !== undefined) {
        // Other gateways are taken to have the same mixture of clients.
        const ownMs = taken === 0 ? 0 : (expected.ms * own) / taken;
        if (expected.ms + ownMs > deadlineMs && !mayProbe(expected.certain))
          throw tooSlow(expected.ms, ownMs, deadlineMs);
      }
      if (taken + own + images > inFlight) throw tooMany({ taken, own, images, inFlight });
      take(images, client);
      for (let sent = 0; sent < images; sent += 1) estimator.sent();
      return () => take(-images, client);
    },
  };
}

function tooSlow(expectedMs: number, ownMs: number, deadlineMs: number): ProblemError {
  const waitSeconds = Math.max(1, Math.ceil(Math.min(expectedMs + ownMs - deadlineMs, longestWaitMs) / 1_000));
  const late = `What is sent now would be done in about ${Math.ceil(expectedMs / 1_000)} s`;
  return new ProblemError({
    code: 'overloaded',
    detail:
      expectedMs > deadlineMs
        ? `${late}, and the deadline is ${deadlineMs / 1_000} s.`
        : `${late}, of a deadline of ${deadlineMs / 1_000} s, and the rest is kept for clients that have less on the way.`,
    remedy: `Try again in ${waitSeconds} s, or allow more time.`,
    headers: { 'retry-after': `${waitSeconds}` },
  });
}

function tooMany({
  taken,
  own,
  images,
  inFlight,
}: {
  readonly taken: number;
  readonly own: number;
  readonly images: number;
  readonly inFlight: number;
}): ProblemError {
  const limit = own > 0 ? `what is free for a client that has ${own} of them` : `its limit of ${inFlight}`;
  return new ProblemError({
    code: 'overloaded',
    detail: `This gateway waits for ${taken} answers, and ${images} more would be above ${limit}.`,
    remedy: 'Try again after the time in Retry-After, or ask another instance.',
  });
}
