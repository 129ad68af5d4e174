import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import { ClientGoneError } from './client-gone.js';

export interface DeadlineOptions {
  readonly clock: Clock;
  /** Time until the deadline (ms). */
  readonly deadlineMs: number;
  /** Signal of the client's connection. */
  readonly client: AbortSignal;
  /** Creates the error for a passed deadline. Default: the tags were not ready. */
  readonly late?: () => FanlightError;
}

/**
 * Runs `work` until it settles, the deadline passes (rejects with `deadline-exceeded`) or the client disconnects
 * (rejects with `ClientGoneError`). In the last two cases, the signal of `work` aborts and its outcome is ignored.
 */
export async function withDeadline<T>(
  { clock, deadlineMs, client, late = () => deadlineExceeded(deadlineMs) }: DeadlineOptions,
  work: (deadline: number, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (client.aborted) throw new ClientGoneError(client.reason);
  const controller = new AbortController();
  const deadline = clock.now() + deadlineMs;
  const cancel = clock.schedule(deadlineMs, () => controller.abort(late()));
  const onClientGone = () => controller.abort(new ClientGoneError(client.reason));
  client.addEventListener('abort', onClientGone, { once: true });
  const aborted = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  try {
    return await Promise.race([work(deadline, controller.signal), aborted]);
  } finally {
    cancel();
    client.removeEventListener('abort', onClientGone);
  }
}

function deadlineExceeded(deadlineMs: number) {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: `The tags were not ready within ${deadlineMs} ms.`,
    remedy: 'Try again, or allow more time with deadlineMs.',
  });
}
