import { ProblemError } from '../problems/problem.js';

/** The part of the shared memory that one request holds. */
export interface HeldMemory {
  /** Aborts with reason `overloaded` when the request is pushed out. The reader must then drop the bytes at once. */
  readonly pushedOut: AbortSignal;
  /** Takes more bytes. Throws `overloaded` when there is no room for them, or when the request was pushed out. */
  take(bytes: number): void;
  /** Protects the request from being pushed out, because its body is complete and its answer is in progress. */
  keep(): void;
  /** Releases all bytes. Idempotent. */
  release(): void;
}

/** The memory for bodies of requests in flight, shared by all requests of a gateway. */
export interface BodyMemory {
  /** @param owner name of the client, read when memory is taken; undefined: the request counts as its own owner */
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
 * Bounds the memory of all bodies. When it is full, the owner that holds most is pushed out, its largest body first.
 * So a small body always finds room beside large ones, and a client that floods the gateway loses its own requests.
 * This is longest queue drop (Wei, Coyle and Hsiao, "An optimal buffer management policy for high-performance packet
 * switching", 1991).
 */
export function createBodyMemory(limitBytes: number): BodyMemory {
  const holders = new Set<Holder>();
  let taken = 0;

  function letGo(holder: Holder): void {
    taken -= holder.bytes;
    holder.bytes = 0;
    holders.delete(holder);
  }

  /** Owner → bytes. A request without an owner counts as its own owner. */
  function bytesByOwner(): Map<string | Holder, number> {
    const bytes = new Map<string | Holder, number>();
    for (const holder of holders) {
      const owner = holder.owner ?? holder;
      bytes.set(owner, (bytes.get(owner) ?? 0) + holder.bytes);
    }
    return bytes;
  }

  /**
   * The largest body of the owner that holds most. Undefined unless that owner holds more than the owner of `holder`.
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
    detail: 'The bodies of requests fill the memory that this gateway reserves for them.',
    remedy: 'Try again after the time in Retry-After, with smaller bodies or fewer at a time.',
    headers: { connection: 'close' },
  });
}
