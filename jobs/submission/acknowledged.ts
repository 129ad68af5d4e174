import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';

/** A client that has just come is told soon that nothing can be taken, milliseconds. */
export const beginsWithinMs = 15_000;

/** The queues did not take what was sent to them in time. It may still arrive. */
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
 * Waits for what is sent to the queues. Rejects with `CutOffError` when it is not acknowledged in time: the client of a
 * broker would try for minutes.
 */
export function acknowledged(sending: Promise<void>, withinMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(withinMs, () => reject(new CutOffError(withinMs)));
    sending.then(resolve, reject).finally(cancel);
  });
}
