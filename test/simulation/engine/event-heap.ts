import type { SimProcess } from './process.js';

export interface TimedEvent {
  /** Virtual time (epoch ms). */
  at: number;
  readonly order: number;
  readonly owner: SimProcess | undefined;
  /** Undefined: the event was cancelled. */
  task: (() => void) | undefined;
}

/** A binary heap of events: by time, and FIFO within a time. */
export class EventHeap {
  readonly #events: TimedEvent[] = [];
  #order = 0;

  push(at: number, owner: SimProcess | undefined, task: () => void): TimedEvent {
    const event: TimedEvent = { at, order: (this.#order += 1), owner, task };
    this.again(event);
    return event;
  }

  /** Adds an event again, at its new time and in its old order. */
  again(event: TimedEvent): void {
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(event, events[parent] as TimedEvent)) break;
      events[index] = events[parent] as TimedEvent;
      index = parent;
    }
    events[index] = event;
  }

  pop(): TimedEvent | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1] as TimedEvent, events[child] as TimedEvent)) child += 1;
      if (!before(events[child] as TimedEvent, last)) break;
      events[index] = events[child] as TimedEvent;
      index = child;
    }
    events[index] = last;
    return first;
  }
}

function before(a: TimedEvent, b: TimedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
