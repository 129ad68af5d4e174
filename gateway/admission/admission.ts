import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { TimeToDrain } from './time-to-drain.js';

export interface AdmissionOptions {
  readonly estimator: Pick<TimeToDrain, 'estimate' | 'sent'>;
  readonly clock: Clock;
  /** Upper bound of images, and of inference requests, in flight for this gateway. */
  readonly inFlight: number;
}

export interface Admission {
  /**
   * Takes slots for images or inference requests with a deadline. Throws `overloaded` when they would miss the
   * deadline, when this gateway has too many in flight, or when no room would be left for other clients. The returned
   * function releases the slots.
   */
  enter(entry: AdmissionRequest): () => void;
}

export interface AdmissionRequest {
  readonly images: number;
  readonly deadlineMs: number;
  /** Name of the client; undefined without keys: shares of clients then do not apply. */
  readonly client: string | undefined;
}

/** Interval (ms) at which one request is admitted as a probe while the expected wait is uncertain. */
const probeEveryMs = 1_000;
/** Longest `Retry-After` (ms), because the current load predicts little of the later load. */
const longestWaitMs = 30_000;

/**
 * Refuses requests at once that would miss their deadline, or that would leave no room for other clients. A client may
 * take as much of the lane as is still free: a single client gets half of it, two clients get a third each, and the
 * next client finds room. These are the dynamic thresholds of Choudhury and Hahne ("Dynamic queue length thresholds
 * for shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998).
 */
export function createAdmission({ estimator, clock, inFlight }: AdmissionOptions): Admission {
  let taken = 0;
  /** Client → its share of `taken`. */
  const takenBy = new Map<string, number>();
  let probedAt = -Infinity;

  /** Whether a request may be admitted as a probe. */
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
        // Assumes that other gateways have the same mixture of clients.
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
  const late = `A request that is sent now would take about ${Math.ceil(expectedMs / 1_000)} s`;
  return new ProblemError({
    code: 'overloaded',
    detail:
      expectedMs > deadlineMs
        ? `${late}, but the deadline is ${deadlineMs / 1_000} s.`
        : `${late} of a deadline of ${deadlineMs / 1_000} s; the rest is reserved for clients with less in flight.`,
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
  const limit = own > 0 ? `the share of a client that has ${own} in flight` : `its limit of ${inFlight}`;
  return new ProblemError({
    code: 'overloaded',
    detail: `This gateway waits for ${taken} answers, and ${images} more would exceed ${limit}.`,
    remedy: 'Try again after the time in Retry-After, or ask another instance.',
  });
}
