import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { sleep, systemClock } from '../primitives/clock.js';
import { system } from '../primitives/system.js';

/**
 * Lowers the priority of a process, so that it gives way when cores are short. Call it after everything is open: a
 * thread that starts later inherits the priority of the thread that starts it.
 *
 * @param pid process of the same user that leads its session; default: this process
 * @param niceness POSIX niceness, 0 (usual, nothing changes) to 19 (last). The process keeps a niceness that is higher.
 * @returns the means that took effect: `SCHED_IDLE` if it can be set, else the niceness alone
 */
export async function giveWay(
  niceness: number,
  pid: number = process.pid,
): Promise<'usual' | 'niceness' | 'SCHED_IDLE'> {
  if (niceness === 0) return 'usual';
  // The process may have started with a higher niceness, which only root may lower.
  const atLeast = Math.max(niceness, getPriority(pid));
  niceAllThreads(pid, atLeast);
  await niceGroup(pid, atLeast);
  return makeIdle(pid) ? 'SCHED_IDLE' : 'niceness';
}

/**
 * With autogrouping (sched(7)), niceness counts only within a session. Each worker has a session of its own, so its
 * group needs the same value. The kernel lets all unprivileged processes together change ten groups a second. Workers
 * start at the same moment, hence the retries.
 */
async function niceGroup(pid: number, niceness: number): Promise<void> {
  const autogroup = `/proc/${pid}/autogroup`;
  if (!existsSync(autogroup)) return;
  for (let retriesLeft = 100; ; retriesLeft -= 1) {
    try {
      return writeFileSync(autogroup, String(niceness));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || retriesLeft === 0) throw error;
    }
    await sleep(systemClock, 50 + system.random() * 100);
  }
}

/** On Linux, niceness belongs to a thread. The threads of the inference runtime and of libuv already exist. */
function niceAllThreads(pid: number, niceness: number): void {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return setPriority(pid, niceness);
  for (const thread of readdirSync(tasks)) {
    try {
      setPriority(Number(thread), niceness);
    } catch (error) {
      // The thread has ended meanwhile.
      if ((error as { readonly info?: { readonly code: string } }).info?.code !== 'ESRCH') throw error;
    }
  }
}

/**
 * Niceness alone is too weak: a nice thread keeps its core until its time slice ends (milliseconds, several times in
 * one inference). The kernel also does not prefer its core for a thread that wakes up. Node has no call for the policy.
 *
 * @returns false when `chrt` (util-linux) is missing or the policy is forbidden
 */
function makeIdle(pid: number): boolean {
  try {
    execFileSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // the niceness remains in effect, and the caller reports it
  }
}
