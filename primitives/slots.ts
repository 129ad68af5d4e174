/** Runs work when a slot is free. `rank`: of what waits, the highest goes first, in order of arrival within it. */
export type RunInSlot = <T>(work: () => Promise<T>, rank: number) => Promise<T>;

interface Waiting {
  readonly rank: number;
  readonly start: () => void;
}

/** @param count pieces of work that run at the same time */
export function createSlots(count: number): RunInSlot {
  let running = 0;
  /** By rank, highest first. */
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

  /** The slot goes to the next in line, or becomes free. */
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
