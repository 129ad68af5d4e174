import type { Clock } from '../../primitives/clock.js';
import { singleFlight } from '../../primitives/single-flight.js';
import { FanlightError } from '../../schemas/failure.js';
import { ProblemError } from '../problems/problem.js';
import type { KeyOfClient } from './client.js';

export interface KnownKeysOptions {
  /** Asks the store; rejects when it cannot be reached. */
  readonly find: (id: string) => Promise<KeyOfClient | undefined>;
  readonly clock: Clock;
  /** How long an answer is used without asking again, milliseconds: a revoked key works no longer than that. */
  readonly freshMs?: number;
  /** How long a known key works while the store cannot be reached, milliseconds. */
  readonly outageMs?: number;
  /** Known keys that are kept, and as many unknown ids; those used least recently leave first. */
  readonly size?: number;
}

interface Remembered {
  readonly found: KeyOfClient | undefined;
  /** When the store said so, epoch milliseconds. */
  readonly at: number;
}

export type FindKey = (id: string) => Promise<KeyOfClient | undefined>;

/**
 * Keys in the memory of one gateway. Rejects with `keys-unavailable` for a key that it does not know while the store is
 * away.
 */
export function createKnownKeys({
  find,
  clock,
  freshMs = 3_000,
  outageMs = 600_000,
  size = 10_000,
}: KnownKeysOptions): FindKey {
  // Apart, so that invented ids cannot push out real ones.
  const known = new Map<string, Remembered>();
  const unknown = new Map<string, Remembered>();

  function remember(id: string, remembered: Remembered): void {
    known.delete(id);
    unknown.delete(id);
    const kind = remembered.found === undefined ? unknown : known;
    kind.set(id, remembered);
    const [oldest] = kind.keys();
    if (kind.size > size && oldest !== undefined) kind.delete(oldest);
  }

  const ask = singleFlight(async (id) => {
    const found = await find(id);
    remember(id, { found, at: clock.now() });
    return found;
  });

  return async function findKey(id) {
    const held = known.get(id) ?? unknown.get(id);
    if (held && clock.now() - held.at < freshMs) {
      remember(id, held);
      return held.found;
    }
    try {
      return await ask(id);
    } catch (cause) {
      // The store answered, and nobody knows what it meant: that is no outage.
      if (cause instanceof FanlightError) throw cause;
      if (held?.found && clock.now() - held.at < outageMs) return held.found;
      throw keysUnavailable(cause);
    }
  };
}

function keysUnavailable(cause: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'keys-unavailable',
      detail: 'The API key cannot be checked now, and was not used here lately.',
      remedy: 'Try again after the time in Retry-After.',
    },
    { cause },
  );
}
