import { existsSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const autogroup = '/proc/self/autogroup';

/**
 * Lowers the priority of this process, so that it gives way wherever cores are short.
 *
 * @param niceness POSIX niceness, 0 (usual) to 19 (last)
 */
export function beNice(niceness: number): void {
  if (niceness === 0) return;
  setPriority(niceness);
  // With autogrouping (sched(7)) niceness only counts within a session, and each worker has a session of its own: the
  // group needs the same value.
  if (existsSync(autogroup)) writeFileSync(autogroup, String(niceness));
}
