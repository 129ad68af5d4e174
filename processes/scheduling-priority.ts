import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/**
 * Lowers the priority of a process, so that it gives way wherever cores are short. Call it when all is open: a thread
 * that is
 * started later takes over the priority of the one that starts it.
 *
 * @param pid this process where it is left out; of the same user, and the leader of its session
 * @param niceness POSIX niceness, 0 (usual, nothing is changed) to 19 (last); one that is higher already is kept
 * @returns what the kernel schedules by: `SCHED_IDLE` where it has it, else the niceness alone
 */
export async function giveWay(
  niceness: number,
  pid: number = process.pid,
): Promise<'usual' | 'niceness' | 'SCHED_IDLE'> {
  if (niceness === 0) return 'usual';
  // Whoever started this process may have made it nicer still; only root may take that back.
  const atLeast = Math.max(niceness, getPriority(pid));
  niceAllThreads(pid, atLeast);
  await niceGroup(pid, atLeast);
  return makeIdle(pid) ? 'SCHED_IDLE' : 'niceness';
}

/**
 * With autogrouping (sched(7)) niceness only counts within a session, and each worker has a session of its own: the
 * group needs the same value. The kernel lets all unprivileged processes together change ten groups a second, and
 * workers start at the same moment.
 */
async function niceGroup(pid: number, niceness: number): Promise<void> {
  const autogroup = `/proc/${pid}/autogroup`;
  if (!existsSync(autogroup)) return;
  for (let triesLeft = 100; ; triesLeft -= 1) {
    try {
      return writeFileSync(autogroup, String(niceness));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || triesLeft === 0) throw error;
    }
    await setTimeout(50 + Math.random() * 100);
  }
}

/** On Linux niceness belongs to a thread, and those of the inference runtime and of libuv are there already. */
function niceAllThreads(pid: number, niceness: number): void {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return setPriority(pid, niceness);
  for (const thread of readdirSync(tasks)) {
    try {
      setPriority(Number(thread), niceness);
    } catch (error) {
      // It ended in between.
      if ((error as { readonly info?: { readonly code: string } }).info?.code !== 'ESRCH') throw error;
    }
  }
}

/**
 * A thread that is merely nice keeps its core until its slice is over (milliseconds, several times in one inference),
 * and is no reason to run a waking one on its core rather than behind another. Node has no call for the policy.
 *
 * @returns false where there is no `chrt` (util-linux), or the policy is forbidden
 */
function makeIdle(pid: number): boolean {
  try {
    execFileSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // niceness holds, and is what the caller is told
  }
}
