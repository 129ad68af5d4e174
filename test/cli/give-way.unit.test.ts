import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../cli/package-root.js';

interface Given {
  readonly by: string;
  readonly threads: readonly { readonly nice: number; readonly policy: number }[];
}

/** Niceness and policy of each thread of a process of its own that gives way after its thread pool has been at work. */
async function giveWayElsewhere(niceness: number, path = process.env['PATH']): Promise<Given> {
  const program = `
    import { pbkdf2 } from 'node:crypto';
    import { readdirSync, readFileSync } from 'node:fs';
    import { giveWay } from ${JSON.stringify(packagePath('cli', 'give-way.ts'))};
    await new Promise((done) => pbkdf2('a', 'b', 1, 8, 'sha256', done));
    const by = giveWay(${niceness});
    // proc_pid_stat(5): niceness is field 19 and the policy field 41; the third comes behind the command's name.
    const threads = readdirSync('/proc/self/task').map((thread) => {
      const fields = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ').at(-1).split(' ');
      return { nice: Number(fields[16]), policy: Number(fields[38]) };
    });
    console.log(JSON.stringify({ by, threads }));`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packagePath(), env: { ...process.env, PATH: path } });
  return JSON.parse(stdout) as Given;
}

const scheduling = { usual: 0, idle: 5 };

describe.skipIf(!existsSync('/proc/self/task'))('giveWay', () => {
  it('lowers all threads, also those that were there before', async () => {
    const { by, threads } = await giveWayElsewhere(10);
    expect(by).toBe('SCHED_IDLE');
    expect(threads.length).toBeGreaterThan(4);
    expect(new Set(threads.map(({ nice, policy }) => `${nice} ${policy}`))).toEqual(new Set([`10 ${scheduling.idle}`]));
  });

  it('has the niceness alone where the policy can not be set', async () => {
    const { by, threads } = await giveWayElsewhere(10, '/nonexistent');
    expect(by).toBe('niceness');
    expect(new Set(threads.map(({ nice, policy }) => `${nice} ${policy}`))).toEqual(new Set([`10 ${scheduling.usual}`]));
  });

  it('leaves a process alone that somebody waits for', async () => {
    const { by, threads } = await giveWayElsewhere(0);
    expect(by).toBe('usual');
    expect(threads.every(({ nice, policy }) => nice === getPriority() && policy === scheduling.usual)).toBe(true);
  });
});
