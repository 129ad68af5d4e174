import type { Clock } from '../../../primitives/clock.js';

/** Work in flight, with the time at which each piece has begun. */
export interface InFlight {
  /** Begins work that the signal may abort. The returned function ends it. */
  begin(signal: AbortSignal): () => void;
  /** Start (epoch ms) of the oldest work that was not aborted. */
  readonly oldestAt: number | undefined;
  /** Start (epoch ms) of the oldest work that goes on although it was aborted. */
  readonly oldestAbortedAt: number | undefined;
}

interface Work {
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

export function createInFlight(clock: Clock): InFlight {
  /** In the order of the starts. */
  const all = new Set<Work>();

  function oldest(aborted: boolean): number | undefined {
    for (const { startedAt, signal } of all) if (signal.aborted === aborted) return startedAt;
    return undefined;
  }

  return {
    begin(signal) {
      const work = { startedAt: clock.now(), signal };
      all.add(work);
      return () => void all.delete(work);
    },
    get oldestAt() {
      return oldest(false);
    },
    get oldestAbortedAt() {
      return oldest(true);
    },
  };
}
