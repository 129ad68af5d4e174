import type { Clock } from '../../../primitives/clock.js';

export interface Watched {
  /** Id in the group while the consumer is a member. */
  readonly memberId: string | undefined;
  /** Epoch milliseconds. */
  readonly lastProgressAt: number;
  /** Number of records in flight. While there are any, the work is slow, but the consumer is not stalled. */
  readonly held: number;
  /** See `RunningConsumer`. */
  readonly oldestHeldAt: number | undefined;
  /** See `RunningConsumer`. */
  readonly oldestAbortedAt: number | undefined;
  /** See `RunningConsumer`. */
  readonly uncommittedSince: number | undefined;
  /** Must not reject. */
  restart(reason: string): Promise<void>;
}

/** State of a consumer's group, by the broker's word. */
export interface BrokerView {
  readonly lag: number;
  /** Ids of the members; undefined while the group rebalances. */
  readonly members: ReadonlySet<string> | undefined;
}

export interface WatchdogLimits {
  /** Longest time without progress for a consumer that has lag, and without a commit for finished records (ms). */
  readonly patienceMs: number;
  /**
   * Longest time for which a record may be in flight (ms). Work that has not ended after twice this time, although it
   * was aborted, ends the worker.
   */
  readonly recordMs: number;
}

export interface WatchdogOptions extends WatchdogLimits {
  readonly clock: Clock;
  readonly askBroker: () => Promise<BrokerView>;
  readonly onStuck: (forMs: number) => void;
  readonly onFault: (fault: Fault, details: { readonly forMs: number; readonly lag: number }) => void;
}

/**
 * Reason to restart a consumer:
 * - `overdue`: its oldest record is in flight for too long, even if others pass.
 * - `uncommitted`: records have finished, and none of its commits has succeeded for too long.
 * - `not-a-member`: it reads as a member, and the broker does not list it (kafkajs issue 1277).
 * - `stalled`: it has lag, no record is in flight, and it makes no progress (kafkajs issues 659, 1593, 1712, 1720).
 */
export type Fault = 'overdue' | 'uncommitted' | 'not-a-member' | 'stalled';

/**
 * Restarts a consumer that works in vain or does not work. The restart aborts its work; records in flight are
 * redelivered. It does not wait for the restart, which lasts as long as the broker is unreachable.
 */
export async function checkProgress(
  watched: Watched,
  options: WatchdogOptions,
): Promise<'moving' | 'idle' | 'restarted' | 'stuck'> {
  const { clock, patienceMs, recordMs, askBroker } = options;
  const since = (at: number | undefined) => (at === undefined ? 0 : clock.now() - at);

  function restart(fault: Fault, forMs: number, lag: number): 'restarted' {
    options.onFault(fault, { forMs, lag });
    void watched.restart(fault);
    return 'restarted';
  }

  if (since(watched.oldestAbortedAt) >= 2 * recordMs) {
    options.onStuck(since(watched.oldestAbortedAt));
    return 'stuck';
  }
  if (since(watched.oldestHeldAt) >= recordMs) return restart('overdue', since(watched.oldestHeldAt), 0);
  if (since(watched.uncommittedSince) >= patienceMs) return restart('uncommitted', since(watched.uncommittedSince), 0);
  const before = watched.memberId;
  const { lag, members } = await askBroker();
  const still = before !== undefined && watched.memberId === before;
  if (still && members?.has(before) === false) return restart('not-a-member', 0, lag);
  const idleMs = since(watched.lastProgressAt);
  if (idleMs < patienceMs || watched.held > 0) return 'moving';
  return lag === 0 ? 'idle' : restart('stalled', idleMs, lag);
}
