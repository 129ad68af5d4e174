import { repeat, type StopRepeating } from '../../../primitives/timer-loop.js';
import type { Clock } from '../../../primitives/clock.js';
import type { Assignment, CommittableOffset } from './assignment.js';

export interface OrderedCommitsOptions {
  readonly clock: Clock;
  /** Returns the current assignment. A rebalance replaces it. */
  readonly assignment: () => Assignment;
  /** Writes offsets to the broker. */
  readonly write: (offsets: CommittableOffset[]) => Promise<void>;
  readonly onRefused: (error: unknown) => void;
}

/** Commits each partition up to its first unfinished record, with at most one commit in flight. */
export interface OrderedCommits {
  /** Starts the commits at an interval. */
  start(): void;
  /** Ends the interval. A commit in flight continues. */
  stop(): void;
  /** Commits what is finished now, after the commit in flight. Never rejects. */
  commit(): Promise<void>;
}

const commitEveryMs = 250;

export function createOrderedCommits({ clock, assignment, write, onRefused }: OrderedCommitsOptions): OrderedCommits {
  let latest: Promise<void> = Promise.resolve();
  let stopRepeating: StopRepeating = () => Promise.resolve();

  async function commitFinished(): Promise<void> {
    const mine = assignment();
    const offsets = mine.committable();
    if (offsets.length === 0) return;
    try {
      await write(offsets);
      mine.committed(offsets);
    } catch (error) {
      // After a rebalance or restart, the new owner of the partition repeats the work. If this consumer still owns
      // it, the next commit includes the offset.
      onRefused(error);
    }
  }

  function commit(): Promise<void> {
    latest = latest.then(commitFinished);
    return latest;
  }

  return {
    start() {
      stopRepeating = repeat(clock, commitEveryMs, () => commit().then(() => commitEveryMs));
    },
    stop() {
      void stopRepeating();
    },
    commit,
  };
}
