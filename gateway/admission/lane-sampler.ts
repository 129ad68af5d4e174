import type { Clock } from '../../primitives/clock.js';
import { repeat } from '../../primitives/timer-loop.js';
import type { TimeToDrain } from './time-to-drain.js';

export interface SampleLaneOptions {
  readonly estimator: Pick<TimeToDrain, 'read'>;
  /** Reads from the broker how many events have entered the queue since its creation. */
  readonly entered: () => Promise<number>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onFailure: (error: Error) => void;
}

/** Samples the lane in the background, one reading at a time. A failed reading is reported and skipped. */
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
