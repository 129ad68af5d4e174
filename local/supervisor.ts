import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { backoffMs } from '../primitives/backoff.js';
import { sleep, systemClock } from '../primitives/clock.js';
import { describeExit, startProcess, type ProcessExit, type RunningProcess } from './servers/process.js';
import { readyLine } from '../processes/ready-line.js';
import type { ProcessPlan } from './deployment.js';
import { watchListener } from './listener-watch.js';

export interface WorkerState {
  readonly name: string;
  readonly pid: number;
  readonly port: number | null;
  readonly restarts: number;
  readonly state: 'running' | 'restarting';
}

export interface SupervisorOptions {
  readonly plans: readonly ProcessPlan[];
  /** Command that gets the `args` of a plan: `node dist/cli/main.js`. */
  readonly program: readonly string[];
  readonly environmentOf: (plan: ProcessPlan) => NodeJS.ProcessEnv;
  readonly logDir: string;
  /** Aborts a start in progress. */
  readonly signal: AbortSignal;
  readonly onStarted?: (name: string, done: number, total: number) => void;
  /** Called with a sentence when a worker exited unexpectedly and is being restarted, and when one is killed. */
  readonly onNotice: (message: string) => void;
  readonly onChange: (states: readonly WorkerState[]) => void;
  /** Default: `stopTimeoutMs`. */
  readonly stopTimeoutMs?: number;
  /** See `ListenerWatchOptions`. */
  readonly closedListener?: { readonly everyMs: number; readonly graceMs: number };
}

export interface Supervisor {
  /** Resolves when all workers are ready; rejects if one of them does not start. */
  readonly complete: Promise<void>;
  /** Sends SIGTERM to all workers, and SIGKILL to those that still run after `stopTimeoutMs`, with a notice. */
  stop(): Promise<void>;
}

/** A worker ends within 9.1 s (`stopBoundMs` and the grace of `endProcess`). */
const defaultStopTimeoutMs = 10_000;
/** A worker that has closed its port is stopping. After the time of an orderly stop it is not running, but stuck. */
const defaultClosedListener = { everyMs: 2_500, graceMs: 10_000 } as const;
const restartBackoff = { baseMs: 1_000, maxMs: 30_000 } as const;
/** Node processes that start at the same time; more would only compete for the cores. */
const startsAtOnce = Math.max(2, Math.ceil(availableParallelism() / 2));

/**
 * Starts the workers, the essential ones first, and restarts workers that exit unexpectedly (after 1 s, 2 s, … 30 s).
 * Resolves when the essential ones are ready.
 */
export async function superviseWorkers(options: SupervisorOptions): Promise<Supervisor> {
  const { plans, logDir, stopTimeoutMs = defaultStopTimeoutMs, closedListener = defaultClosedListener } = options;
  const abort = new AbortController();
  const running = new Map<string, { process: RunningProcess; state: WorkerState }>();
  const loops: Promise<void>[] = [];
  const limit = pLimit(startsAtOnce);
  let started = 0;

  const changed = () => options.onChange([...running.values()].map(({ state }) => state));

  async function start(plan: ProcessPlan, restarts: number): Promise<RunningProcess> {
    const [command = 'node', ...args] = options.program;
    const child = await startProcess({
      name: plan.name,
      command,
      args: [...args, ...plan.args],
      env: options.environmentOf(plan),
      logFile: join(logDir, `${plan.name}.log`),
      ready: { line: readyLine, timeoutMs: 90_000, intervalMs: 100 },
      stopTimeoutMs,
      signal: AbortSignal.any([abort.signal, options.signal]),
    });
    const port = await portOf(child);
    running.set(plan.name, {
      process: child,
      state: { name: plan.name, pid: child.pid, port, restarts, state: 'running' },
    });
    changed();
    if (port !== null) endStuck(plan.name, child, port);
    return child;
  }

  /** Ends a worker that has closed its port and does not exit, so that it is restarted. */
  function endStuck(name: string, child: RunningProcess, port: number): void {
    const stopWatching = watchListener(port, {
      ...closedListener,
      clock: systemClock,
      async onClosed(closedMs) {
        options.onNotice(
          `${name} has closed its port and has not ended within ${Math.round(closedMs / 1_000)} s; it is being stopped.`,
        );
        noticeKill(name, await child.stop());
      },
    });
    void child.exited.then(stopWatching);
  }

  function noticeKill(name: string, { signal, asked }: ProcessExit): void {
    if (!asked || signal !== 'SIGKILL') return;
    options.onNotice(`${name} did not end within ${stopTimeoutMs / 1_000} s after SIGTERM and was killed (SIGKILL).`);
  }

  async function keepRunning(plan: ProcessPlan, first: RunningProcess): Promise<void> {
    let child: RunningProcess | undefined = first;
    for (let restarts = 1; ; restarts += 1) {
      const exit = await child?.exited;
      if (abort.signal.aborted) return;
      const entry = running.get(plan.name);
      if (entry) running.set(plan.name, { ...entry, state: { ...entry.state, restarts, state: 'restarting' } });
      changed();
      options.onNotice(
        `${plan.name} exited unexpectedly${exit ? ` (${describeExit(exit)})` : ''} and is being restarted; its log is ${join(logDir, `${plan.name}.log`)}.`,
      );
      try {
        await sleep(systemClock, backoffMs(restarts, restartBackoff, 1), abort.signal);
        child = await start(plan, restarts);
      } catch (error) {
        if (abort.signal.aborted) return;
        options.onNotice((error as Error).message);
        child = undefined;
      }
    }
  }

  async function stop(): Promise<void> {
    abort.abort(new Error('the deployment is stopping'));
    await Promise.all([...running].map(async ([name, { process: child }]) => noticeKill(name, await child.stop())));
    await Promise.all(loops);
  }

  async function startAll(some: readonly ProcessPlan[]): Promise<void> {
    await Promise.all(
      some.map((plan) =>
        limit(async () => {
          const child = await start(plan, 0);
          started += 1;
          options.onStarted?.(plan.name, started, plans.length);
          loops.push(keepRunning(plan, child));
        }),
      ),
    );
  }

  try {
    await startAll(plans.filter(({ essential }) => essential));
  } catch (error) {
    await stop();
    throw error;
  }
  const complete = startAll(plans.filter(({ essential }) => !essential));
  complete.catch(() => undefined); // avoids an unhandled rejection until the caller listens
  return { complete, stop };
}

/** Reads the port from the line with which the worker announces that it is ready. */
async function portOf(child: RunningProcess): Promise<number | null> {
  const port = readyLine.exec((await child.logTail(200)).join('\n'))?.[1];
  return port === undefined ? null : Number(port);
}
