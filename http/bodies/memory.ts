import { ProblemError } from '../problems/problem.js';

/** What one request holds of the memory that all of them share. */
export interface HeldMemory {
  /**
   * Aborts, with `overloaded` as its reason, when others needed the room more: whatever was read is to be let go at
   * once.
   */
  readonly pushedOut: AbortSignal;
  /** Takes more bytes. Throws `overloaded` when there is no room for them, and once others needed the room more. */
  take(bytes: number): void;
  /** From here on the request cannot be pushed out: its body is whole, and its answer is being made. */
  keep(): void;
  /** Gives all of it back. May be called more than once. */
  release(): void;
}

/** The memory for bodies that are being read or waited for, shared by all requests of a gateway. */
export interface BodyMemory {
  /** @param owner name of the client, asked for when memory is taken; undefined: the request stands for itself */
  hold(owner: () => string | undefined): HeldMemory;
  /** Bytes that are taken. */
  readonly taken: number;
}

interface Holder {
  bytes: number;
  owner: string | undefined;
  isKept: boolean;
  readonly pushedOut: AbortController;
}

/**
 * Bounds what bodies take together. When it is full, the owner that holds most is pushed out, the largest of its bodies
 * first ("longest queue drop", Wei, Coyle and Hsiao, "An optimal buffer management policy for high-performance packet
 * switching", 1991): a small body always finds room beside large ones, and a client that floods the gateway loses its
 * own requests.
 */
export function createBodyMemory(limitBytes: number): BodyMemory {
  const holders = new Set<Holder>();
  let taken = 0;

  function letGo(holder: Holder): void {
    taken -= holder.bytes;
    holder.bytes = 0;
    holders.delete(holder);
  }

  /** Bytes by owner; a request without one stands for itself. */
  function bytesByOwner(): Map<string | Holder, number> {
    const bytes = new Map<string | Holder, number>();
    for (const holder of holders) {
      const owner = holder.owner ?? holder;
      bytes.set(owner, (bytes.get(owner) ?? 0) + holder.bytes);
    }
    return bytes;
  }

  /**
   * The largest body of the owner that holds most, and more than the owner of `holder`; undefined when there is none.
   */
  function largestBeside(holder: Holder): Holder | undefined {
    const owned = bytesByOwner();
    const bytesOf = (each: Holder) => owned.get(each.owner ?? each) ?? 0;
    return [...holders]
      .filter((each) => !each.isKept && bytesOf(each) > bytesOf(holder))
      .sort((a, b) => bytesOf(b) - bytesOf(a) || b.bytes - a.bytes)[0];
  }

  function makeRoom(holder: Holder): void {
    while (taken > limitBytes) {
      const out = largestBeside(holder);
      if (out === undefined) break;
      letGo(out);
      out.pushedOut.abort(noRoom());
    }
    if (taken <= limitBytes) return;
    letGo(holder);
    throw noRoom();
  }

  return {
    get taken() {
      return taken;
    },
    hold(owner) {
      const holder: Holder = { bytes: 0, owner: undefined, isKept: false, pushedOut: new AbortController() };
      const { signal } = holder.pushedOut;
      return {
        pushedOut: signal,
        take(bytes) {
          signal.throwIfAborted();
          holder.owner = owner();
          holders.add(holder);
          holder.bytes += bytes;
          taken += bytes;
          if (taken > limitBytes) makeRoom(holder);
        },
        keep() {
          signal.throwIfAborted();
          holder.isKept = true;
        },
        release: () => letGo(holder),
      };
    },
  };
}

function noRoom(): ProblemError {
  return new ProblemError({
    code: 'overloaded',
    detail: 'The bodies of requests take all the memory that this gateway has for them.',
    remedy: 'Try again after the time in Retry-After, with smaller bodies or fewer at a time.',
    headers: { connection: 'close' },
  });
}
