import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { describe, expect, it } from 'vitest';
import { packagePath } from '../../primitives/package-root.js';

interface Scheduling {
  readonly nice: number;
  readonly policy: number;
}
interface Given {
  readonly by: string;
  readonly threads: readonly Scheduling[];
}

interface Surroundings {
  readonly PATH?: string;
  readonly uid?: number;
  /** Niceness with which the process starts. */
  readonly niceBefore?: number;
}

/** proc_pid_stat(5): niceness is field 19, and the policy is field 41. Field 3 follows the name of the command. */
function schedulingOf(stat: string): Scheduling {
  const fields = stat.split(') ').at(-1)!.split(' ');
  return { nice: Number(fields[16]), policy: Number(fields[38]) };
}

/** The module and what it imports of ours, as one program. */
const source = ['primitives/system.ts', 'primitives/clock.ts', 'processes/scheduling-priority.ts']
  .map((file) => {
    const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
    const { outputText } = transpileModule(readFileSync(packagePath(file), 'utf8'), { compilerOptions });
    return outputText.replaceAll(/^import .* from '\.{1,2}\/.*';$/gm, '');
  })
  .join('\n');

/**
 * Runs giveWay in another process after its thread pool has started. Returns niceness and policy of each thread. The
 * process gets its code as an argument, because another user may not be able to read the tree.
 */
async function giveWayElsewhere(niceness: number, options: Surroundings = {}): Promise<Given> {
  const { PATH = process.env['PATH'], uid, niceBefore } = options;
  const program = `
    import { pbkdf2 } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    ${source}
    ${niceBefore === undefined ? '' : `setPriority(${niceBefore});`}
    await new Promise((done) => pbkdf2('a', 'b', 1, 8, 'sha256', done));
    const by = await giveWay(${niceness});
    const stats = readdirSync('/proc/self/task').map((thread) => readFileSync('/proc/self/task/' + thread + '/stat', 'utf8'));
    console.log(JSON.stringify({ by, stats }));`;
  const args = [process.execPath, '--input-type=module', '--eval', program];
  // Like each worker, the process has its own session and hence its own autogroup.
  const { stdout } = await promisify(execFile)('/usr/bin/setsid', ['--wait', ...args], {
    cwd: '/',
    env: { PATH },
    ...(uid !== undefined && { uid }),
  });
  const { by, stats } = JSON.parse(stdout) as { readonly by: string; readonly stats: readonly string[] };
  return { by, threads: stats.map(schedulingOf) };
}

function runs(command: string, args: readonly string[], uid?: number): boolean {
  try {
    execFileSync(command, args, { cwd: '/', stdio: 'ignore', ...(uid !== undefined && { uid }) });
    return true;
  } catch {
    return false;
  }
}

const nobody = 65_534;
const canBeNobody = runs(process.execPath, ['--version'], nobody); // needs root, and a Node that all users can run
const canBeIdle = runs('chrt', ['--idle', '0', 'true']);
const SCHED_IDLE = 5;
const shown = ({ nice, policy }: Scheduling) => `niceness ${nice}, policy ${policy}`;

describe.skipIf(!existsSync('/proc/self/task'))('giveWay', () => {
  // The test runner may have a higher niceness already, which its children inherit.
  const own = () => schedulingOf(readFileSync('/proc/self/stat', 'utf8'));
  const niceness = Math.min(19, own().nice + 10);

  it.skipIf(!canBeIdle)('lowers the priority of all threads, including those that already exist', async () => {
    const { by, threads } = await giveWayElsewhere(niceness);
    expect(by).toBe('SCHED_IDLE');
    expect(threads.length).toBeGreaterThan(4);
    expect(new Set(threads.map(shown))).toEqual(new Set([shown({ nice: niceness, policy: SCHED_IDLE })]));
  });

  it('sets only the niceness when the policy cannot be set', async () => {
    const { by, threads } = await giveWayElsewhere(niceness, { PATH: '/nonexistent' });
    expect(by).toBe('niceness');
    expect(new Set(threads.map(shown))).toEqual(new Set([shown({ nice: niceness, policy: own().policy })]));
  });

  it('keeps a niceness that is already higher', async () => {
    const { threads } = await giveWayElsewhere(1, { niceBefore: niceness });
    expect(new Set(threads.map(({ nice }) => nice))).toEqual(new Set([niceness]));
  });

  // The kernel lets all unprivileged processes together change ten autogroups a second.
  it.skipIf(!canBeNobody)('lowers four processes of an unprivileged user that start at the same moment', async () => {
    const together = await Promise.all(Array.from({ length: 4 }, () => giveWayElsewhere(niceness, { uid: nobody })));
    for (const { threads } of together) expect(new Set(threads.map(({ nice }) => nice))).toEqual(new Set([niceness]));
  });

  it('changes nothing for niceness 0', async () => {
    const { by, threads } = await giveWayElsewhere(0);
    expect(by).toBe('usual');
    expect(new Set(threads.map(shown))).toEqual(new Set([shown(own())]));
  });
});
