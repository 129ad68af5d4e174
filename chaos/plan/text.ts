import { acts } from './acts.js';
import type { PlannedFault, Schedule } from './schedule.js';

const seconds = (ms: number) => (ms / 1_000).toFixed(1);

/** Returns text such as `s3 answers 503 (1.2–5.0 s)`. */
export function faultText({ act, target, atMs, lastsMs }: PlannedFault): string {
  const when = lastsMs === 0 ? seconds(atMs) : `${seconds(atMs)}–${seconds(atMs + lastsMs)}`;
  return `${target} ${acts[act].text} (${when} s)`;
}

/** Returns one line with the family, the load and the faults in the order of their times. */
export function scheduleText({ number, family, load, faults }: Schedule): string {
  const parts = faults.toSorted((a, b) => a.atMs - b.atMs).map(faultText);
  return `${number} ${family}: ${load.count} ${load.kind} at ${load.perSecond}/s; ${parts.join('; ')}`;
}
