import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';

/** Time (ms) that the brokers have to acknowledge a job record while its client waits for the answer. */
export const announceWithinMs = 15_000;

/** The brokers did not acknowledge the records in time. The records may still arrive. */
export class CutOffError extends FanlightError {
  constructor(withinMs: number) {
    super({
      code: 'not-ready',
      message: `The queues did not answer within ${withinMs / 1_000} s.`,
      remedy: 'Try again in a few seconds.',
    });
  }
}

/**
 * Waits until the brokers have acknowledged the records. Rejects with `CutOffError` after `withinMs`, because the
 * Kafka client alone would retry for minutes.
 */
export function awaitAcknowledgement(sending: Promise<void>, withinMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(withinMs, () => reject(new CutOffError(withinMs)));
    sending.then(resolve, reject).finally(cancel);
  });
}
