import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../problems/problem.js';
import { ClientGoneError } from './client-gone.js';

export interface ChunkOptions {
  readonly clock: Clock;
  /** How long the client may send nothing, milliseconds. */
  readonly idleMs?: number;
  /** How long the whole body may take, milliseconds. */
  readonly totalMs?: number;
}

/**
 * The bytes of a body as they arrive; nothing is read ahead of the caller. The rest of a body that the caller leaves is given
 * up. Throws `request-timeout`, and `ClientGoneError` when the body ends early.
 */
export async function* readChunks(request: Request, { clock, idleMs = Infinity, totalMs = Infinity }: ChunkOptions): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const endsAt = clock.now() + totalMs;
  const read = () =>
    reader.read().catch((error: unknown) => {
      throw new ClientGoneError(error);
    });
  let isWhole = false;
  try {
    for (;;) {
      const { value, done } = await inTime(read(), Math.min(idleMs, endsAt - clock.now()), clock);
      if (done) {
        isWhole = true;
        return;
      }
      yield value;
    }
  } finally {
    // A body that failed can not be given up as well, and says so.
    if (!isWhole) await reader.cancel().catch(() => undefined);
  }
}

function inTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  if (ms === Infinity) return work;
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(Math.max(0, ms), () => reject(tooSlow(ms)));
    work.then(resolve, reject).finally(cancel);
  });
}

function tooSlow(ms: number): ProblemError {
  return new ProblemError({
    code: 'request-timeout',
    detail: `The body did not go on within ${Math.ceil(ms / 1_000)} s.`,
    remedy: 'Send the request without pauses, or a smaller image; of a job, send what comes later in another one.',
    headers: { connection: 'close' },
  });
}
