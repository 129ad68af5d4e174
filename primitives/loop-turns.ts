interface Waiting {
  readonly attained: number;
  readonly start: () => void;
}

/**
 * Shares one event loop among jobs that come in pieces: one piece is worked on in each turn of the loop, so that timers and
 * sockets are served in between. Of the jobs that wait, the one that has had least goes first ("least attained service",
 * Nuyens and Wierman, "The foreground-background queue: a survey", Performance Evaluation 65, 2008): small jobs pass large ones.
 */
export class LoopTurns {
  readonly #defer: (task: () => void) => void;
  /** By what they have had, the least first; first come, first served among equals. */
  readonly #waiting: Waiting[] = [];
  #free = true;

  /** @param defer runs a task in the next turn of the event loop */
  constructor(defer: (task: () => void) => void = setImmediate) {
    this.#defer = defer;
  }

  /**
   * Resolves when the next piece of a job may be worked on, at once when the loop is free.
   *
   * @param attained what the job has had so far, in any unit that all jobs share, such as bytes
   */
  async take(attained: number): Promise<void> {
    if (this.#free) {
      this.#free = false;
      this.#defer(() => this.#next());
      return;
    }
    await new Promise<void>((start) => {
      const behind = this.#waiting.findIndex((other) => other.attained > attained);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { attained, start });
    });
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#free = true;
      return;
    }
    this.#defer(() => this.#next());
    next.start();
  }
}
