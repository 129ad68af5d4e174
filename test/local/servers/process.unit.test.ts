import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProcess, type ProcessSpec } from '../../../local/servers/process.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanlight-process-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const script = (source: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  name: 'worker',
  command: process.execPath,
  args: ['-e', source],
  logFile: join(folder, 'logs', 'worker.log'),
  ...more,
});
const FOREVER = 'setInterval(() => {}, 1000);';
const SAYS_READY = `console.log('ready'); ${FOREVER}`;

describe('startProcess', () => {
  it('waits for the ready line of this run, not of an earlier one', async () => {
    const spec = script(SAYS_READY, { ready: { line: /^ready$/m } });
    await (await startProcess(spec)).stop();
    await expect(
      startProcess(script(FOREVER, { ready: { line: /^ready$/m, timeoutMs: 200, intervalMs: 20 } })),
    ).rejects.toThrow(`worker was not ready within 0.2 s; it logged nothing (whole log: ${spec.logFile}).`);
    expect(await readFile(spec.logFile, 'utf8')).toBe('ready\n');
  });

  it('reports exit code and signal of a requested stop and of an unexpected exit', async () => {
    const stopped = await startProcess(script(SAYS_READY, { ready: { line: /ready/ } }));
    expect(await stopped.stop()).toEqual({ code: null, signal: 'SIGTERM', asked: true });
    const ended = await startProcess(script('process.exit(3)'));
    expect(await ended.exited).toEqual({ code: 3, signal: null, asked: false });
    expect(await ended.stop()).toEqual({ code: 3, signal: null, asked: false });
  });

  it('kills a process that ignores SIGTERM', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); ${SAYS_READY}`;
    const running = await startProcess(script(stubborn, { ready: { line: /ready/ }, stopTimeoutMs: 50 }));
    expect(await running.stop()).toEqual({ code: null, signal: 'SIGKILL', asked: true });
  });

  it('quotes the error lines of a child that exits before it is ready', async () => {
    const spec = script(`console.error('noise'); console.error('Error: no model'); process.exit(1)`, {
      ready: { probe: async () => false },
    });
    await expect(startProcess(spec)).rejects.toMatchObject({
      code: 'process-start-failed',
      message:
        'worker ended (exit status 1) before it was ready; its log ends with: Error: no model ' +
        `(whole log: ${spec.logFile}).`,
    });
  });

  it('reports a command that is not installed', async () => {
    await expect(startProcess({ ...script(''), command: 'no-such-command' })).rejects.toThrow(
      'worker cannot be started: running "no-such-command" failed, it is not installed.',
    );
  });

  it('stops the child of an aborted start', async () => {
    const abort = new AbortController();
    const starting = startProcess(
      script(FOREVER, {
        signal: abort.signal,
        ready: {
          intervalMs: 10,
          probe: async () => {
            abort.abort(new Error('aborted'));
            return false;
          },
        },
      }),
    );
    await expect(starting).rejects.toThrow('aborted');
  });

  it('sets FANLIGHT_SUPERVISED for a child that watches its standard input', async () => {
    const source = `process.stdin.on('end', () => process.exit()).resume(); console.log('ready ' + process.env.FANLIGHT_SUPERVISED); ${FOREVER}`;
    const running = await startProcess(script(source, { ready: { line: /ready 1/ } }));
    await running.stop();
  });
});
