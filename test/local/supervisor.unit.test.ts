import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { superviseWorkers, type Supervisor, type WorkerState } from '../../local/supervisor.js';

let logDir: string;
let supervisor: Supervisor | undefined;
beforeEach(async () => {
  logDir = await mkdtemp(join(tmpdir(), 'fanlight-supervisor-'));
});
afterEach(async () => {
  await supervisor?.stop();
  await rm(logDir, { recursive: true, force: true });
});

/** A worker that does not end: neither at SIGTERM, nor after it has closed its port at SIGUSR2. */
const stubborn = `
  const server = require('node:http').createServer().listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ ready: true, port: server.address().port }));
  });
  process.on('SIGTERM', () => {});
  let probed = false;
  server.on('connection', () => { probed = true; });
  process.on('SIGUSR2', () => (probed ? server.close() : server.once('connection', () => server.close())));
  setInterval(() => {}, 1000);`;

async function supervise() {
  const notices: string[] = [];
  let states: readonly WorkerState[] = [];
  supervisor = await superviseWorkers({
    plans: [{ name: 'sink-s3', args: [], essential: true }],
    program: [process.execPath, '-e', stubborn],
    environmentOf: () => process.env,
    logDir,
    signal: new AbortController().signal,
    onNotice: (message) => void notices.push(message),
    onChange: (next) => (states = next),
    stopTimeoutMs: 100,
    closedListener: { everyMs: 20, graceMs: 200 },
  });
  await supervisor.complete;
  const worker = () => states[0] as WorkerState;
  return { notices, worker, pid: worker().pid };
}

it('kills a worker that has closed its port and does not end, says so, and starts another', async () => {
  const { notices, worker, pid } = await supervise();
  process.kill(pid, 'SIGUSR2');
  await expect.poll(() => [worker().restarts, worker().state], { timeout: 20_000 }).toEqual([1, 'running']);
  expect(worker().pid).not.toBe(pid);
  expect(notices).toHaveLength(3);
  expect(notices).toEqual(
    expect.arrayContaining([
      'sink-s3 has closed its port and has not ended within 0 s; it is being stopped.',
      'sink-s3 did not end within 0.1 s after SIGTERM and was killed (SIGKILL).',
      `sink-s3 exited unexpectedly (signal SIGKILL) and is being restarted; its log is ${join(logDir, 'sink-s3.log')}.`,
    ]),
  );
});

it('says which worker it kills when the deployment stops', async () => {
  const { notices } = await supervise();
  await supervisor?.stop();
  expect(notices).toEqual(['sink-s3 did not end within 0.1 s after SIGTERM and was killed (SIGKILL).']);
});
