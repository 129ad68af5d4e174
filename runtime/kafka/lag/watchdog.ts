import type { Clock } from '../../../primitives/clock.js';

export interface Watched {
  /** Epoch milliseconds. */
  readonly lastProgressAt: number;
  /** Number of records in flight. While there are any, the work is slow, but the consumer is not stalled. */
  readonly held: number;
  restart(reason: string): Promise<void>;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  /** Longest time without progress for a consumer that has lag (ms). */
  readonly patienceMs: number;
  /** Returns the lag of the consumer's group, as the broker reports it. */
  readonly lag: () => Promise<number>;
  readonly onStalled: (idleMs: number, lag: number) => void;
}

/**
 * Restarts a consumer that has stopped silently (kafkajs issues 659, 1277, 1593, 1712, 1720): it has lag, no record is
 * in flight, and it has made no progress for `patienceMs`.
 */
export async function checkProgress(
  watched: Watched,
  options: WatchdogOptions,
): Promise<'moving' | 'idle' | 'restarted'> {
  const idleMs = options.clock.now() - watched.lastProgressAt;
  if (idleMs < options.patienceMs || watched.held > 0) return 'moving';
  const lag = await options.lag();
  if (lag === 0) return 'idle';
  options.onStalled(idleMs, lag);
  await watched.restart('stalled');
  return 'restarted';
}
