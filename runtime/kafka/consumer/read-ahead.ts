import { createRoundRobin } from '../../../primitives/round-robin.js';
import type { Message } from '../../records/message.js';

/** A partition with fewer waiting records is fetched again. They should last for the duration of a fetch. */
const fewest = 64;

export interface ReadAhead {
  /** @param resume resumes the partition, which the caller has paused */
  add(partition: number, messages: readonly Message[], resume: () => void): void;
  /** Returns the next record. Partitions take turns. */
  peek(): Message | undefined;
  take(): void;
  /** Drops all records. After a rebalance, the new owner of each partition reads them again. */
  clear(): void;
}

/**
 * Holds fetched records of one topic until the window has a place. Without it, a fetch would wait until all batches of
 * the previous one are accepted, and a new client would wait behind everything fetched for other clients.
 */
export function createReadAhead(): ReadAhead {
  const turns = createRoundRobin<Message>();
  const paused = new Map<number, () => void>();

  function resumeIfFew(partition: number): void {
    if (turns.waiting(partition) >= fewest) return;
    paused.get(partition)?.();
    paused.delete(partition);
  }

  return {
    add(partition, messages, resume) {
      turns.push(partition, messages);
      paused.set(partition, resume);
      resumeIfFew(partition);
    },
    peek: () => turns.peek(),
    take() {
      const taken = turns.take();
      if (taken) resumeIfFew(taken.partition);
    },
    clear() {
      turns.clear();
      for (const resume of paused.values()) resume();
      paused.clear();
    },
  };
}
