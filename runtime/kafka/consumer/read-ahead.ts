import { createRoundRobin } from '../../../primitives/round-robin.js';
import type { Message } from '../../records/message.js';

/** A partition of which fewer wait is fetched again: they should last for as long as a fetch may take. */
const fewest = 64;

export interface ReadAhead {
  /** @param resume of the partition, which the caller has paused */
  add(partition: number, messages: readonly Message[], resume: () => void): void;
  /** One of each partition in turn. */
  peek(): Message | undefined;
  take(): void;
  /** After a rebalance: what was read is read again by whoever has the partition. */
  clear(): void;
}

/**
 * Records of one topic that were fetched and wait for a place in the window. Without it, a fetch waits until the
 * batches of all
 * partitions of the one before were accepted, and who has just come waits behind all that was fetched of others.
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
