/** Time and chance of this machine. */
export interface System {
  /** Returns epoch milliseconds. */
  now(): number;
  /** Returns milliseconds that no change of the clock affects. */
  monotonicMs(): number;
  /** Returns 0 (inclusive) to 1 (exclusive). */
  random(): number;
  /** Calls `task` once after `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, task: () => void): () => void;
  /** As `schedule`, but the wait does not keep the process alive. */
  scheduleInBackground(delayMs: number, task: () => void): () => void;
  /** Runs `task` in the next turn of the event loop. */
  nextTurn(task: () => void): void;
  /** Returns a signal that aborts after `delayMs`. It does not keep the process alive. */
  timeout(delayMs: number): AbortSignal;
}

/**
 * The only code that reads the clock, draws random numbers or sets timers. Other code has a `Clock` and a `random` as
 * arguments, or calls this object. The simulation replaces its functions.
 */
export const system: System = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
  scheduleInBackground(delayMs, task) {
    const timer = setTimeout(task, delayMs).unref();
    return () => clearTimeout(timer);
  },
  nextTurn: (task) => void setImmediate(task),
  timeout: (delayMs) => AbortSignal.timeout(delayMs),
};
