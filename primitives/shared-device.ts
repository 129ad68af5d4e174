import type { Clock } from './clock.js';

/** Work that is ready to run. */
export interface ReadyWork {
  /** A lower value runs first. */
  readonly priority: number;
  /** Epoch milliseconds. Among equal priorities, the oldest work runs first. */
  readonly since: number;
}

/** A source of work for the device. */
export interface Contender {
  /** Share of the device's capacity that each piece of work takes. */
  readonly cost: number;
  /** Returns the most urgent ready work, or undefined. */
  mostUrgent(now: number): ReadyWork | undefined;
  /** Starts the most urgent work. The promise never rejects. */
  start(now: number): Promise<void>;
}

/**
 * A compute device that all models of a process share. It runs as many batches at the same time as its capacity allows,
 * the most urgent first.
 */
export interface SharedDevice {
  join(contender: Contender): void;
  leave(contender: Contender): void;
  /** Contenders call this when work may have become ready. */
  poll(): void;
}

/** @param room capacity, such as a number of cores; work with a higher cost takes all of it */
export function createSharedDevice(clock: Clock, room: number): SharedDevice {
  const contenders = new Set<Contender>();
  let taken = 0;

  function mostUrgent(now: number): Contender | undefined {
    let best: { contender: Contender; work: ReadyWork } | undefined;
    for (const contender of contenders) {
      const work = contender.mostUrgent(now);
      if (work && (!best || isBefore(work, best.work))) best = { contender, work };
    }
    return best?.contender;
  }

  function poll(): void {
    const now = clock.now();
    while (taken < room) {
      const next = mostUrgent(now);
      // Less urgent work never overtakes work that needs more capacity than is free, or the latter would starve.
      if (!next || taken + Math.min(next.cost, room) > room) return;
      run(next, now);
    }
  }

  function run(contender: Contender, now: number): void {
    const cost = Math.min(contender.cost, room);
    taken += cost;
    void contender.start(now).finally(() => {
      taken -= cost;
      poll();
    });
  }

  return {
    join: (contender) => void contenders.add(contender),
    leave: (contender) => void contenders.delete(contender),
    poll,
  };
}

function isBefore(a: ReadyWork, b: ReadyWork): boolean {
  return a.priority === b.priority ? a.since < b.since : a.priority < b.priority;
}
