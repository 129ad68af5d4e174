import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PlatformError, systemErrorCode } from './errors.js';
import { readLogFrom, tailOfLog, tellingLines } from './log-tail.js';

/** Condition under which a started process is ready. Default: as soon as it runs. */
export type ReadyWhen =
  | { readonly probe: () => Promise<boolean>; readonly timeoutMs?: number; readonly intervalMs?: number }
  | { readonly line: RegExp; readonly timeoutMs?: number; readonly intervalMs?: number };

export interface ProcessSpec {
  /** Name in messages: "Kafka broker", "infer worker 2". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly ready?: ReadyWhen;
  /** Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long `stop` waits before SIGKILL. Default: 5000 ms. */
  readonly stopTimeoutMs?: number;
  /** Aborts the start: the child is stopped and `startProcess` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether `stop` was called before the process exited. */
  readonly asked: boolean;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has exited; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Sends the stop signal, and after `stopTimeoutMs` SIGKILL to the process group. May be called repeatedly. */
  stop(): Promise<ProcessExit>;
  /** The last lines that this run wrote. */
  logTail(lines: number): Promise<string[]>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_INTERVAL_MS = 50;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts a child in its own process group, so that Ctrl-C in a terminal reaches only this process, which then stops the
 * child. The child's standard input is a pipe that this process holds open and never writes to. When the pipe ends, the
 * child knows that this process is gone (see `Guard.java`, `guard.sh` and `processes/supervision.ts`).
 *
 * @returns once the child is ready
 * @throws PlatformError `process-start-failed` with the last log lines if the child cannot be run, exits before it is
 *   ready, or is not ready in time; the child is stopped
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  spec.signal?.throwIfAborted();
  const { child, logOffset } = launch(spec);
  const running = await observe(child, spec, logOffset);
  try {
    await waitUntilReady(running, spec, logOffset);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

function launch(spec: ProcessSpec): { child: ChildProcess; logOffset: number } {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  try {
    const logOffset = fstatSync(log).size;
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...(spec.env ?? process.env), FANLIGHT_SUPERVISED: '1' },
      // The child writes to the file itself: its log survives this process, and a full pipe cannot block it.
      stdio: ['pipe', log, log],
      detached: true,
    });
    return { child, logOffset };
  } finally {
    closeSync(log);
  }
}

async function observe(child: ChildProcess, spec: ProcessSpec, logOffset: number): Promise<RunningProcess> {
  let asked = false;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal, asked });
    });
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw cannotRun(spec, error);
  }
  const pid = child.pid;
  if (pid === undefined) throw cannotRun(spec, new Error('no process id'));
  // Processes that outlive the leader of their group would keep the port, and the next start would fail.
  const swept = exited.then((exit) => {
    signalProcess(-pid, 'SIGKILL');
    return exit;
  });
  const stop = async (): Promise<ProcessExit> => {
    if (!asked && child.exitCode === null && child.signalCode === null) {
      asked = true;
      signalProcess(pid, spec.stopSignal ?? 'SIGTERM');
    }
    const bound = setTimeout(() => signalProcess(-pid, 'SIGKILL'), spec.stopTimeoutMs ?? STOP_TIMEOUT_MS);
    try {
      return await swept;
    } finally {
      clearTimeout(bound);
    }
  };
  const logTail = (lines: number): Promise<string[]> => tailOfLog(spec.logFile, lines, logOffset);
  return { name: spec.name, pid, logFile: spec.logFile, exited: swept, stop, logTail };
}

async function waitUntilReady(running: RunningProcess, spec: ProcessSpec, logOffset: number): Promise<void> {
  const { ready } = spec;
  if (ready === undefined) return;
  const timeoutMs = ready.timeoutMs ?? READY_TIMEOUT_MS;
  const isReady =
    'probe' in ready ? ready.probe : async () => ready.line.test(await readLogFrom(running.logFile, logOffset));
  let exit: ProcessExit | undefined;
  void running.exited.then((seen) => {
    exit = seen;
  });
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answered = await isReady();
    // Checked after the probe, because another process may answer on the port of a child that has already exited.
    if (exit !== undefined) throw await notStarted(running, `ended (${describeExit(exit)}) before it was ready`);
    if (answered) return;
    spec.signal?.throwIfAborted();
    if (performance.now() > deadline) throw await notStarted(running, `was not ready within ${timeoutMs / 1000} s`);
    await delay(ready.intervalMs ?? READY_INTERVAL_MS);
  }
}

async function notStarted(running: RunningProcess, what: string): Promise<PlatformError> {
  const lines = tellingLines(await running.logTail(40), 3);
  const said = lines.length === 0 ? 'it logged nothing' : `its log ends with: ${lines.join(' | ')}`;
  return new PlatformError(
    'process-start-failed',
    `${running.name} ${what}; ${said} (whole log: ${running.logFile}).`,
    false,
  );
}

function cannotRun(spec: ProcessSpec, cause: unknown): PlatformError {
  const reason = systemErrorCode(cause) === 'ENOENT' ? 'it is not installed' : String(cause);
  const message = `${spec.name} cannot be started: running "${spec.command}" failed, ${reason}.`;
  return new PlatformError('process-start-failed', message, false, { cause });
}

/** Returns "exit status 1" or "signal SIGKILL". */
export function describeExit(exit: ProcessExit): string {
  return exit.signal === null ? `exit status ${exit.code}` : `signal ${exit.signal}`;
}

/** Sends a signal to a process, or to a group if `pid` is negative. Returns false if the process has exited. */
function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return false;
    throw error;
  }
}
