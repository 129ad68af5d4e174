import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { backoffMs } from '../primitives/backoff.js';
import { sleep, systemClock } from '../primitives/clock.js';
import { describeExit, startProcess, type RunningProcess } from './servers/process.js';
import { readyLine } from '../processes/ready-line.js';
import type { ProcessPlan } from './deployment.js';

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
  /** Called when a worker exited unexpectedly and is being restarted. */
  readonly onRestart: (message: string) => void;
  readonly onChange: (states: readonly WorkerState[]) => void;
}

export interface Supervisor {
  /** Resolves when all workers are ready; rejects if one of them does not start. */
  readonly complete: Promise<void>;
  /** Sends SIGTERM to all workers, and SIGKILL to those that still run after `stopTimeoutMs`. */
  stop(): Promise<void>;
}

const stopTimeoutMs = 9_000;
const restartBackoff = { baseMs: 1_000, maxMs: 30_000 } as const;
/** Node processes that start at the same time; more would only compete for the cores. */
const startsAtOnce = Math.max(2, Math.ceil(availableParallelism() / 2));

/**
 * Starts the workers, the essential ones first, and restarts workers that exit unexpectedly (after 1 s, 2 s, … 30 s).
 * Resolves when the essential ones are ready.
 */
export async function superviseWorkers(options: SupervisorOptions): Promise<Supervisor> {
  const { plans, logDir } = options;
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
    running.set(plan.name, {
      process: child,
      state: { name: plan.name, pid: child.pid, port: await portOf(child), restarts, state: 'running' },
    });
    changed();
    return child;
  }

  async function keepRunning(plan: ProcessPlan, first: RunningProcess): Promise<void> {
    let child: RunningProcess | undefined = first;
    for (let restarts = 1; ; restarts += 1) {
      const exit = await child?.exited;
      if (abort.signal.aborted) return;
      const entry = running.get(plan.name);
      if (entry) running.set(plan.name, { ...entry, state: { ...entry.state, restarts, state: 'restarting' } });
      changed();
      options.onRestart(
        `${plan.name} exited unexpectedly${exit ? ` (${describeExit(exit)})` : ''} and is being restarted; its log is ${join(logDir, `${plan.name}.log`)}.`,
      );
      try {
        await sleep(systemClock, backoffMs(restarts, restartBackoff, 1), abort.signal);
        child = await start(plan, restarts);
      } catch (error) {
        if (abort.signal.aborted) return;
        options.onRestart((error as Error).message);
        child = undefined;
      }
    }
  }

  async function stop(): Promise<void> {
    abort.abort(new Error('the deployment is stopping'));
    await Promise.all([...running.values()].map(({ process: child }) => child.stop()));
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
