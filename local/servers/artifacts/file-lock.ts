import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { systemErrorCode } from '../errors.js';

const POLL_MS = 200;

/**
 * Runs `work` while this process holds the lock file. Takes over a lock whose holder is gone.
 *
 * The lock only saves repeated work: during a take-over two processes may hold it, so `work` must be idempotent.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(file))) {
    if (!(await holderLives(file))) await rm(file, { force: true });
    else await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(String(process.pid));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function holderLives(file: string): Promise<boolean> {
  const pid = await readHolder(file);
  // An empty lock file was created a moment ago and not yet written.
  if (pid === undefined) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

async function readHolder(file: string): Promise<number | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return text === '' ? undefined : Number(text);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
