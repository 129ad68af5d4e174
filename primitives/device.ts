import type { Clock } from './clock.js';

/** Work that is ready to run. */
export interface Claim {
  /** Lower runs first. */
  readonly priority: number;
  /** Epoch milliseconds; among equal priorities the oldest runs first. */
  readonly since: number;
}

/** Someone who has work for the device from time to time. */
export interface Contender {
  /** What each piece of its work takes of the device's room. */
  readonly cost: number;
  /** What is ready now; undefined: nothing. */
  claim(now: number): Claim | undefined;
  /** Takes what was claimed and runs it; never rejects. */
  start(now: number): Promise<void>;
}

/**
 * What computes, shared by all models of a process: as many batches at a time as there is room for, the most urgent
 * first.
 */
export interface Device {
  join(contender: Contender): void;
  leave(contender: Contender): void;
  /** Something became ready, or may have. */
  poll(): void;
}

/** @param room what work can take at the same time, such as cores; work that costs more takes all of it */
export function createDevice(clock: Clock, room: number): Device {
  const contenders = new Set<Contender>();
  let taken = 0;

  function mostUrgent(now: number): Contender | undefined {
    let best: { contender: Contender; claim: Claim } | undefined;
    for (const contender of contenders) {
      const claim = contender.claim(now);
      if (claim && (!best || isBefore(claim, best.claim))) best = { contender, claim };
    }
    return best?.contender;
  }

  function poll(): void {
    const now = clock.now();
    while (taken < room) {
      const next = mostUrgent(now);
      // What is less urgent does not slip past what finds too little room, or that would wait for ever.
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

function isBefore(a: Claim, b: Claim): boolean {
  return a.priority === b.priority ? a.since < b.since : a.priority < b.priority;
}
