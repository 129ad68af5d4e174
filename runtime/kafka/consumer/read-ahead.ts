import { createRoundRobin } from '../../../primitives/round-robin.js';
import type { Message } from '../../records/message.js';

/** A partition with fewer waiting records is fetched again. They should last for the duration of a fetch. */
const fewest = 64;

/** A record, with the offset at which reading continues behind it. */
export interface Fetched {
  readonly message: Message;
  /** Higher than the offset after the record when transaction markers or removed records follow it. */
  readonly next: bigint;
}

export interface ReadAhead {
  /** @param resume resumes the partition, which the caller has paused */
  add(partition: number, records: readonly Fetched[], resume: () => void): void;
  /** Returns whether a record of the partition waits, behind whose last one reading then continues at `next`. */
  extend(partition: number, next: bigint): boolean;
  /** Returns the next record. Partitions take turns. */
  peek(): Fetched | undefined;
  take(): void;
  /** Drops all records. After a rebalance, the new owner of each partition reads them again. */
  clear(): void;
}

/**
 * Holds fetched records of one topic until the window has a place. Without it, a fetch would wait until all batches of
 * the previous one are accepted, and a new client would wait behind everything fetched for other clients.
 */
export function createReadAhead(): ReadAhead {
  const turns = createRoundRobin<{ readonly message: Message; next: bigint }>();
  const lasts = new Map<number, { next: bigint }>();
  const paused = new Map<number, () => void>();

  function resumeIfFew(partition: number): void {
    if (turns.waiting(partition) >= fewest) return;
    paused.get(partition)?.();
    paused.delete(partition);
  }

  return {
    add(partition, records, resume) {
      const added = records.map((record) => ({ ...record }));
      turns.push(partition, added);
      const last = added.at(-1);
      if (last) lasts.set(partition, last);
      paused.set(partition, resume);
      resumeIfFew(partition);
    },
    extend(partition, next) {
      const last = lasts.get(partition);
      if (!last || turns.waiting(partition) === 0) return false;
      last.next = next;
      return true;
    },
    peek: () => turns.peek(),
    take() {
      const taken = turns.take();
      if (taken) resumeIfFew(taken.message.partition);
    },
    clear() {
      turns.clear();
      lasts.clear();
      for (const resume of paused.values()) resume();
      paused.clear();
    },
  };
}
