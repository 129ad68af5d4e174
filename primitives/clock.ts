import { system } from './system.js';

/** Time as an argument, so that tests advance a clock instead of sleeping. */
export interface Clock {
  /** Returns epoch milliseconds. */
  now(): number;
  /** Calls `task` once after `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => system.now(),
  schedule: (delayMs, task) => system.schedule(delayMs, task),
};

/** Resolves after `delayMs`. Rejects with the signal's reason when the signal aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
