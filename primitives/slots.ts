/** Runs work when a slot is free. Waiting work with the highest `rank` goes first, FIFO within a rank. */
export type RunInSlot = <T>(work: () => Promise<T>, rank: number) => Promise<T>;

interface Waiting {
  readonly rank: number;
  readonly start: () => void;
}

/** @param count maximum number of pieces of work in flight */
export function createSlots(count: number): RunInSlot {
  let running = 0;
  /** Sorted by rank, highest first. */
  const queue: Waiting[] = [];

  async function enter(rank: number): Promise<void> {
    if (running < count) {
      running += 1;
      return;
    }
    await new Promise<void>((start) => {
      const behind = queue.findIndex((other) => other.rank < rank);
      queue.splice(behind < 0 ? queue.length : behind, 0, { rank, start });
    });
  }

  /** Passes the slot to the next in the queue, or frees it. */
  function leave(): void {
    const next = queue.shift();
    if (next) next.start();
    else running -= 1;
  }

  return async function runInSlot(work, rank) {
    await enter(rank);
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
