import type { Clock } from '../../primitives/clock.js';
import { repeat } from '../../primitives/repeat.js';
import type { TimeToDrain } from './time-to-drain.js';

export interface SampleLaneOptions {
  readonly estimator: Pick<TimeToDrain, 'read'>;
  /** Events that have entered the queue since it was made; asks the broker. */
  readonly entered: () => Promise<number>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onFailure: (error: Error) => void;
}

/** Reads the lane again and again, one reading after the other, beside the requests. A failed one is left out. */
export function sampleLane({ estimator, entered, clock, everyMs, onFailure }: SampleLaneOptions): { stop(): void } {
  const stopSampling = repeat(clock, 'now', async function sample() {
    try {
      const count = await entered();
      estimator.read({ at: clock.now(), entered: count });
    } catch (error) {
      onFailure(error as Error);
    }
    return everyMs;
  });
  return { stop: () => void stopSampling() };
}
