interface Waiting {
  readonly attained: number;
  readonly work: () => void;
}

export interface LoopTurnsOptions {
  /** Runs a task in the next turn of the event loop. */
  readonly defer?: (task: () => void) => void;
  /** Milliseconds from any moment on. */
  readonly now?: () => number;
  /** How long pieces are worked on in one turn of the event loop, milliseconds. One piece is always done. */
  readonly sliceMs?: number;
}

/**
 * Shares one event loop among jobs that come in pieces, so that timers and sockets are served between the pieces. Of
 * the jobs that wait, the one that has had least goes first ("least attained service", Nuyens and Wierman, "The
 * foreground-background queue: a survey", Performance Evaluation 65, 2008): small jobs pass large ones.
 */
export class LoopTurns {
  readonly #defer: (task: () => void) => void;
  readonly #now: () => number;
  readonly #sliceMs: number;
  /** By what they have had, the least first; first come, first served among equals. */
  readonly #waiting: Waiting[] = [];
  #isDue = false;

  constructor({ defer = setImmediate, now = () => performance.now(), sliceMs = 5 }: LoopTurnsOptions = {}) {
    this.#defer = defer;
    this.#now = now;
    this.#sliceMs = sliceMs;
  }

  /**
   * Works on the next piece of a job when it is its turn. Resolves or rejects as the work does.
   *
   * @param attained what the job has had so far, in any unit that all jobs share, such as bytes
   */
  run<T>(attained: number, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const behind = this.#waiting.findIndex((other) => other.attained > attained);
      const waiting = { attained, work: () => settle(work, resolve, reject) };
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, waiting);
      if (this.#isDue) return;
      this.#isDue = true;
      this.#defer(() => this.#turn());
    });
  }

  #turn(): void {
    const until = this.#now() + this.#sliceMs;
    do this.#waiting.shift()?.work();
    while (this.#waiting.length > 0 && this.#now() < until);
    this.#isDue = this.#waiting.length > 0;
    if (this.#isDue) this.#defer(() => this.#turn());
  }
}

function settle<T>(work: () => T, resolve: (result: T) => void, reject: (error: unknown) => void): void {
  try {
    resolve(work());
  } catch (error) {
    reject(error);
  }
}
