import type { Clock } from '../../../primitives/clock.js';

export interface Watched {
  /** Epoch milliseconds. */
  readonly lastProgressAt: number;
  /** Work accepted and not finished: then the delay is of the work, not of the consumer. */
  readonly held: number;
  restart(reason: string): Promise<void>;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  /** How long a consumer with lag may make no progress, milliseconds. */
  readonly patienceMs: number;
  /** Records that wait for this consumer, by the broker's word. */
  readonly lag: () => Promise<number>;
  readonly onStalled: (idleMs: number, lag: number) => void;
}

/**
 * Restarts a consumer that stopped without a word (kafkajs issues 659, 1277, 1593, 1712, 1720): records wait, it
 * works on none, and nothing has moved for `patienceMs`.
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
