import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';

/**
 * Gives a process the usual priority again, which workers lower once they are ready. The bounds of a run are times:
 * they should not depend on other work of the machine. Resolves with false if the system does not permit it.
 *
 * @param pid process that this run started, and that leads its session
 */
export async function restorePriority(pid: number): Promise<void> {
  try {
    await promisify(execFile)('chrt', ['--all-tasks', '--other', '--pid', '0', String(pid)]);
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), 0);
    const autogroup = `/proc/${pid}/autogroup`;
    if (existsSync(autogroup)) writeFileSync(autogroup, '0');
  } catch {
    return; // not permitted, no `chrt`, or the process has ended: the run is slower then
  }
}
