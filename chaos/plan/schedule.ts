import type { ActName } from './acts.js';
import type { Target } from './targets.js';

/** One fault: what happens to a role or a server, and when (ms after the first event). */
export interface PlannedFault {
  readonly act: ActName;
  readonly target: Target;
  readonly atMs: number;
  readonly lastsMs: number;
}

/**
 * Records that a schedule sends:
 * - `events`: listing-image events, and a job with a callback over HTTP. All stores are compared with them.
 * - `results`: tag results, straight to the topic that sinks read. Only the lake is compared with them.
 */
export interface Load {
  readonly kind: 'events' | 'results';
  readonly count: number;
  readonly perSecond: number;
}

/** Processes that run when a schedule begins, by role: at least this number of each. */
export type Workers = Readonly<Partial<Record<string, number>>>;

export interface Schedule {
  /** Position in the run, from 1. */
  readonly number: number;
  readonly family: string;
  readonly load: Load;
  readonly workers: Workers;
  readonly faults: readonly PlannedFault[];
}

/** Time (ms) at which the last fault of the schedule ends. */
export function endOfFaults({ faults }: Pick<Schedule, 'faults'>): number {
  return Math.max(0, ...faults.map(({ atMs, lastsMs }) => atMs + lastsMs));
}
