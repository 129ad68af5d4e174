import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readyLine } from '../../processes/ready-line.js';

const main = join(import.meta.dirname, 'stubborn-process.ts');

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the exit (ms). */
  readonly tookMs: number;
  readonly lines: readonly { readonly level: number; readonly msg: string; readonly open?: readonly string[] }[];
}

let server: Server;
let port: number;
const accepted = new Set<Socket>();
beforeAll(async () => {
  server = createServer((socket) => void accepted.add(socket.on('error', () => socket.destroy())));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

/** Starts the process with a fault, gives it the signals, and waits until it ends. */
async function run(fault: string, signal?: (child: ChildProcess) => unknown): Promise<Ended> {
  const started = spawn(process.execPath, ['--import', 'tsx', main, fault, String(port)], { stdio: 'pipe' });
  children.push(started);
  let [out, err] = ['', ''];
  started.stdout.on('data', (chunk) => (out += String(chunk)));
  started.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = once(started, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await expect.poll(() => readyLine.test(out), { timeout: 30_000 }).toBe(true);
  const at = performance.now();
  await (signal ?? ((each) => each.kill('SIGTERM')))(started);
  const [code, by] = await ended;
  const lines = err
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Ended['lines'][0]] : []));
  return { code, signal: by, tookMs: performance.now() - at, lines };
}

const warnings = ({ lines }: Ended) => lines.filter(({ level }) => level >= 40);

describe.concurrent('a process that gets SIGTERM', () => {
  it('ends by itself with code 0 and no warning if nothing is open', async () => {
    const ended = await run('none');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(warnings(ended)).toEqual([]);
    expect(ended.lines.map(({ msg }) => msg)).toEqual(['the first part is closed', 'stopped']);
  });

  it('ends with code 0 despite an open connection, and names its remote address', async () => {
    const ended = await run('open-socket');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(warnings(ended)).toMatchObject([
      { level: 40, open: [`connection to 127.0.0.1:${port}`], msg: 'the process ends although resources are open' },
    ]);
    expect(ended.tookMs).toBeLessThan(5_000);
  });

  it('ends despite an open timer, and counts it', async () => {
    const ended = await run('open-timer');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(warnings(ended)).toMatchObject([{ open: ['Timeout'] }]);
  });

  it('closes the other parts although one hangs, and names that one', async () => {
    const ended = await run('stuck-part');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.lines.map(({ msg }) => msg)).toEqual([
      'the stuck part did not close within 200 ms',
      'the first part is closed',
      'stopped',
    ]);
  });

  it('closes the other parts although one fails to close', async () => {
    const ended = await run('failing-part');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(warnings(ended)).toMatchObject([{ msg: 'the broken part did not close: Unexpected error: no broker' }]);
    expect(ended.lines.map(({ msg }) => msg)).toContain('the first part is closed');
  });

  it('ends during a start that waits for a server', async () => {
    const ended = await run('stuck-start');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.lines.map(({ msg }) => msg)).toContain('the first part is closed');
  });
});

describe.concurrent('a process that is stopping', () => {
  it('ends at once at a later signal', async () => {
    const ended = await run('slow-stop', (each) => {
      const signals = setInterval(() => each.kill('SIGTERM'), 50);
      each.once('exit', () => clearInterval(signals));
      each.kill('SIGTERM');
    });
    expect(ended).toMatchObject({ code: 143, signal: null });
    expect(ended.tookMs).toBeLessThan(5_000);
    expect(warnings(ended)).toMatchObject([
      { msg: 'a second signal came: the process ends at once, and others repeat its unfinished work' },
    ]);
  });
});

describe.concurrent('a process that fails', () => {
  it('ends with code 1 and the reason in its log', async () => {
    const ended = await run('failure', () => undefined);
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(warnings(ended)).toMatchObject([{ level: 60, msg: 'Unexpected error: a model is missing' }]);
  });
});
