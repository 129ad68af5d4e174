/**
 * Whether the thread of a runtime computes, in memory that both threads see. Ending a thread inside native code
 * aborts the whole process (SIGABRT, exit code 134) instead of letting it exit, so whoever ends it must first stop new
 * work and wait for the work under way.
 */
export class Activity {
  readonly #cells: Int32Array;

  /** @param memory of another `Activity`, to look at the same one from another thread. */
  constructor(readonly memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.#cells = new Int32Array(memory);
  }

  get busy(): boolean {
    return Atomics.load(this.#cells, busyCell) > 0;
  }

  /** False when no new work may begin; otherwise `end` must follow. */
  begin(): boolean {
    // Counted before looking, so that a stop in between either sees the work or forbids it.
    Atomics.add(this.#cells, busyCell, 1);
    if (Atomics.load(this.#cells, stoppedCell) === 0) return true;
    this.end();
    return false;
  }

  end(): void {
    Atomics.sub(this.#cells, busyCell, 1);
    Atomics.notify(this.#cells, busyCell);
  }

  stop(): void {
    Atomics.store(this.#cells, stoppedCell, 1);
  }

  /**
   * Blocks the calling thread until the work under way has ended, at most `milliseconds`: only for a process that
   * exits.
   */
  waitUntilIdle(milliseconds: number): void {
    const until = Date.now() + milliseconds;
    for (;;) {
      const busy = Atomics.load(this.#cells, busyCell);
      const left = until - Date.now();
      if (busy === 0 || left <= 0) return;
      Atomics.wait(this.#cells, busyCell, busy, left);
    }
  }
}

const busyCell = 0;
const stoppedCell = 1;
