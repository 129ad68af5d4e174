import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { systemErrorCode } from '../../../local/servers/errors.js';
import { packageRoot } from '../../../primitives/package-root.js';

const started = z.object({ pids: z.record(z.string(), z.number()) });

let dataDir: string;
let starter: ChildProcess | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fanlight-orphans-'));
});
afterEach(async () => {
  starter?.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts the platform in another process; returns the process ids of the parts once all answer. */
async function startElsewhere(): Promise<number[]> {
  const main = join(packageRoot(), 'local', 'servers', 'main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--free-ports', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  starter = child;
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.endsWith('}\n')) break;
  }
  return Object.values(started.parse(JSON.parse(text)).pids);
}

/** Whether a process runs. Zombies count as gone, because they hold neither memory nor ports. */
async function lives(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return !/\) [ZX] /.test(stat);
  } catch (error) {
    // ESRCH: the process exited between the opening and the reading of the file.
    if (['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

const alive = async (pids: readonly number[]): Promise<number[]> => {
  const states = await Promise.all(pids.map(lives));
  return pids.filter((_, index) => states[index]);
};

it.runIf(process.platform === 'linux').each(['SIGKILL', 'SIGTERM'] as const)(
  'all servers exit within seconds after the process that started them gets %s',
  async (signal) => {
    const pids = await startElsewhere();
    expect(pids).toHaveLength(6);
    expect(await alive(pids)).toEqual(pids);
    starter?.kill(signal);
    await vi.waitFor(async () => expect(await alive(pids)).toEqual([]), { timeout: 10_000, interval: 100 });
  },
  240_000,
);
