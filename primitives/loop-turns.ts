import { system } from './system.js';

interface Waiting {
  readonly attained: number;
  readonly work: () => void;
}

export interface LoopTurnsOptions {
  /** Runs a task in the next turn of the event loop. Default: the turn of this process. */
  readonly defer?: (task: () => void) => void;
  /** Monotonic time (ms). Default: that of this machine. */
  readonly now?: () => number;
  /** Time limit (ms) for the pieces in one turn of the event loop. At least one piece always runs. */
  readonly sliceMs?: number;
}

/**
 * Shares one event loop among jobs that are split into pieces, so that timers and sockets are served between the
 * pieces. Among the waiting jobs, the one with the least service goes first, so small jobs pass large ones ("least
 * attained service": Nuyens and Wierman, "The foreground-background queue: a survey", Performance Evaluation 65, 2008).
 */
export class LoopTurns {
  readonly #defer: (task: () => void) => void;
  readonly #now: () => number;
  readonly #sliceMs: number;
  /** Sorted by attained service, lowest first; FIFO among equals. */
  readonly #waiting: Waiting[] = [];
  #isDue = false;

  constructor({
    defer = (task) => system.nextTurn(task),
    now = () => system.monotonicMs(),
    sliceMs = 5,
  }: LoopTurnsOptions = {}) {
    this.#defer = defer;
    this.#now = now;
    this.#sliceMs = sliceMs;
  }

  /**
   * Runs the next piece of a job when its turn comes. Resolves or rejects with the outcome of `work`.
   *
   * @param attained service that the job has had so far, in a unit that all jobs share, such as bytes
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
