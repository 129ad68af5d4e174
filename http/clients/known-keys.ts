import type { Clock } from '../../primitives/clock.js';
import { singleFlight } from '../../primitives/single-flight.js';
import { FanlightError } from '../../schemas/failure.js';
import { ProblemError } from '../problems/problem.js';
import type { KeyOfClient } from './client.js';

export interface KnownKeysOptions {
  /** Reads the key from the store. Rejects when the store cannot be reached. */
  readonly find: (id: string) => Promise<KeyOfClient | undefined>;
  readonly clock: Clock;
  /** Time (ms) for which an answer of the store is cached. A revoked key works for at most this time. */
  readonly freshMs?: number;
  /** Time (ms) for which a known key works while the store cannot be reached. */
  readonly outageMs?: number;
  /** Size of the cache of known keys, and of the cache of unknown ids. Both evict the least recently used entry. */
  readonly size?: number;
}

interface Remembered {
  readonly found: KeyOfClient | undefined;
  /** Time of the store's answer (epoch ms). */
  readonly at: number;
}

export type FindKey = (id: string) => Promise<KeyOfClient | undefined>;

/**
 * Creates a cache of keys in the memory of one gateway. While the store cannot be reached, it rejects with
 * `keys-unavailable` for a key that it does not know.
 */
export function createKnownKeys({
  find,
  clock,
  freshMs = 3_000,
  outageMs = 600_000,
  size = 10_000,
}: KnownKeysOptions): FindKey {
  // Two caches, so that invented ids cannot evict real keys.
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
      // The store answered with invalid data, which is not an outage.
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
      detail: 'The API key cannot be checked now, and this gateway has not seen it recently.',
      remedy: 'Try again after the time in Retry-After.',
    },
    { cause },
  );
}
