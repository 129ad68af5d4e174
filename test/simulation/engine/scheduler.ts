import { EventHeap, type TimedEvent } from './event-heap.js';
import type { SimProcess } from './process.js';
import { createTrace, type Trace } from './trace.js';

/** Start of every simulation (epoch ms). */
export const epoch = 1_700_000_000_000;

/**
 * Runs events in the order of their virtual time. After each event, all promises that it has settled run to their next
 * wait. So the only freedom in the order of events is the seed.
 */
export class Scheduler {
  #now = epoch;
  #current: SimProcess | undefined;
  readonly #heap = new EventHeap();
  readonly trace: Trace;
  events = 0;

  constructor(keepLines: boolean) {
    this.trace = createTrace(() => this.#now - epoch, keepLines);
  }

  /** Epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** The process whose code runs. Undefined: a server or the world. */
  get current(): SimProcess | undefined {
    return this.#current;
  }

  process(machine: string, start: number): SimProcess {
    return { name: `${machine}#${start}`, machine, alive: true, frozenUntil: 0 };
  }

  /** Runs `task` once after `delayMs`. The returned function cancels it. */
  after(delayMs: number, owner: SimProcess | undefined, task: () => void): () => void {
    const event = this.#heap.push(this.#now + Math.max(0, delayMs), owner, task);
    return () => {
      event.task = undefined;
    };
  }

  /** Runs events until `isDone` or the time limit (epoch ms). Returns whether it is done. */
  async run(isDone: () => boolean, until: number): Promise<boolean> {
    while (!isDone()) {
      const event = this.#heap.pop();
      if (event === undefined || event.at > until) return isDone();
      this.#now = Math.max(this.#now, event.at);
      if (this.#postponed(event)) continue;
      this.events += 1;
      this.#current = event.owner;
      event.task?.();
      // Only code of processes awaits; servers work in one step.
      if (event.owner !== undefined) await settled();
      this.#current = undefined;
    }
    return true;
  }

  /** Whether the event does not run now: it was cancelled, or its process is dead or frozen. */
  #postponed(event: TimedEvent): boolean {
    if (event.task === undefined || event.owner?.alive === false) return true;
    if (event.owner === undefined || event.owner.frozenUntil <= this.#now) return false;
    event.at = event.owner.frozenUntil;
    this.#heap.again(event);
    return true;
  }
}

/** Resolves once all settled promises have run their reactions. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
