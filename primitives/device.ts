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
  /** What is ready now; undefined: nothing. */
  claim(now: number): Claim | undefined;
  /** Takes what was claimed and runs it; never rejects. */
  start(now: number): Promise<void>;
}

/** What computes, shared by all models of a process: so many batches at a time, the most urgent first. */
export interface Device {
  join(contender: Contender): void;
  leave(contender: Contender): void;
  /** Something became ready, or may have. */
  poll(): void;
}

/** @param slots batches that run at the same time */
export function createDevice(clock: Clock, slots: number): Device {
  const contenders = new Set<Contender>();
  let running = 0;

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
    while (running < slots) {
      const next = mostUrgent(now);
      if (!next) return;
      running += 1;
      void next.start(now).finally(() => {
        running -= 1;
        poll();
      });
    }
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
