/**
 * Tells whether the thread of a runtime is computing, in memory that both threads share. Terminating a thread inside
 * native code aborts the whole process (SIGABRT, exit code 134). So the owner first stops new work, and waits for work
 * in flight.
 */
export class Activity {
  readonly #cells: Int32Array;

  /** @param memory memory of another `Activity`, to observe that one from another thread. */
  constructor(readonly memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.#cells = new Int32Array(memory);
  }

  get busy(): boolean {
    return Atomics.load(this.#cells, busyCell) > 0;
  }

  /** Returns false when new work is forbidden. After true, the caller must call `end`. */
  begin(): boolean {
    // The counter rises before the check: a concurrent stop either sees the work or forbids it.
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
   * Blocks the calling thread until the work in flight has ended, at most `milliseconds`. Only for a process that
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
