import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs } from '../../primitives/backoff.js';
import { systemClock, sleep } from '../../primitives/clock.js';
import { packagePath } from '../../primitives/package-root.js';
import { startProcess, type ProcessExit, type RunningProcess } from '../../local/servers/process.js';
import { readyLine } from '../../processes/ready-line.js';
import type { Workers } from '../plan/schedule.js';
import { restorePriority } from './usual-priority.js';
import type { RoleName } from '../plan/targets.js';

/** One process of Fanlight. */
export interface Worker {
  readonly role: RoleName;
  /** Name of its log file, without the suffix. */
  readonly name: string;
  readonly process: RunningProcess;
  /** Port of its health endpoints, once it has told that it is ready. */
  port: number | undefined;
  /** Whether a fault ends it, or keeps it from answering. */
  state: 'running' | 'frozen' | 'ending' | 'ended';
}

/** The end of a process that got SIGTERM. */
export interface End {
  readonly name: string;
  /** Time (ms) from SIGTERM to the exit. */
  readonly tookMs: number;
  readonly exit: ProcessExit;
  /** Whether the process had told that it is ready. */
  readonly wasReady: boolean;
}

/** An exit that no fault asked for. The fleet starts the process again, as `fanlight up` does. */
export interface OwnExit {
  readonly name: string;
  readonly exit: ProcessExit;
}

export interface FleetOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly logDir: string;
}

/** Longest wait for a process that got SIGTERM (ms). A process that takes longer is killed. */
const killAfterMs = 30_000;
/** Delays before a process that ended by itself starts again. They grow while its role does not become ready. */
const restarts = { baseMs: 1_000, maxMs: 8_000 } as const;
const pollMs = 100;

/** The processes of Fanlight that a run has started. It starts those again that end by themselves. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #workers = new Set<Worker>();
  readonly #ends: End[] = [];
  readonly #ownExits: OwnExit[] = [];
  /** Exits of processes of the role in a row, before they were ready. */
  readonly #failedStarts = new Map<RoleName, number>();
  #started = 0;
  #closing = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Processes that have not ended, in the order in which they were started. */
  get workers(): readonly Worker[] {
    return [...this.#workers];
  }

  running(role: RoleName): readonly Worker[] {
    return this.workers.filter((worker) => worker.role === role && worker.state === 'running');
  }

  /** Ends of processes that got SIGTERM, since the last call. */
  takeEnds(): readonly End[] {
    return this.#ends.splice(0);
  }

  /** Exits that no fault asked for, since the last call. */
  takeOwnExits(): readonly OwnExit[] {
    return this.#ownExits.splice(0);
  }

  /** Starts a process. Resolves once it runs, and before it is ready. */
  async start(role: RoleName): Promise<Worker> {
    const { environment, logDir } = this.#options;
    this.#started += 1;
    const name = `${String(this.#started).padStart(3, '0')}-${role}`;
    const args = role === 'gateway' ? ['gateway'] : ['worker', role, ...lanesOf(role)];
    const child = await startProcess({
      name,
      command: process.execPath,
      args: ['--enable-source-maps', packagePath('dist', 'cli', 'main.js'), ...args],
      env: environment,
      logFile: join(logDir, `${name}.log`),
      stopTimeoutMs: killAfterMs,
    });
    const worker: Worker = { role, name, process: child, port: undefined, state: 'running' };
    this.#workers.add(worker);
    void child.exited.then((exit) => this.#ended(worker, exit));
    void this.#noticeReady(worker);
    return worker;
  }

  /** Starts processes until there are at least this number of each role. Resolves once all are ready. */
  async ensure(workers: Workers, timeoutMs: number): Promise<void> {
    for (const [role, count = 0] of Object.entries(workers) as [RoleName, number][])
      while (this.running(role).length < count) await this.start(role);
    await this.allReady(timeoutMs);
  }

  /** Resolves once all running processes have told that they are ready. @throws Error after the timeout */
  async allReady(timeoutMs: number): Promise<void> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const waiting = this.workers.filter(({ port }) => port === undefined).map(({ name }) => name);
      if (waiting.length === 0) return;
      if (performance.now() > giveUpAt)
        throw new Error(`not ready within ${timeoutMs / 1_000} s: ${waiting.join(', ')}`);
      await sleep(systemClock, pollMs);
    }
  }

  /** Sends SIGTERM, and measures how the process ends. */
  async terminate(worker: Worker): Promise<End> {
    worker.state = 'ending';
    const wasReady = worker.port !== undefined;
    const at = performance.now();
    const exit = await worker.process.stop();
    const end = { name: worker.name, tookMs: performance.now() - at, exit, wasReady };
    this.#ends.push(end);
    return end;
  }

  /** Ends all processes by SIGTERM. */
  async close(): Promise<readonly End[]> {
    this.#closing = true;
    return Promise.all(this.workers.map((worker) => this.terminate(worker)));
  }

  /** Reads the log until the process has told the port of its health endpoints. */
  async #noticeReady(worker: Worker): Promise<void> {
    for (; worker.state !== 'ended'; await sleep(systemClock, pollMs)) {
      const port = readyLine.exec(await readFile(worker.process.logFile, 'utf8'))?.[1];
      if (port === undefined) continue;
      worker.port = Number(port);
      return void (await restorePriority(worker.process.pid));
    }
  }

  async #ended(worker: Worker, exit: ProcessExit): Promise<void> {
    const wasExpected = worker.state === 'ending' || this.#closing;
    worker.state = 'ended';
    this.#workers.delete(worker);
    if (wasExpected) return;
    this.#ownExits.push({ name: worker.name, exit });
    const failures = worker.port === undefined ? (this.#failedStarts.get(worker.role) ?? 0) + 1 : 0;
    this.#failedStarts.set(worker.role, failures);
    await sleep(systemClock, backoffMs(failures + 1, restarts, 1));
    if (!this.#closing) await this.start(worker.role);
  }
}

/** All photos of a run are in `bulk`. */
function lanesOf(role: RoleName): readonly string[] {
  return role === 'share' || role === 'fetch' || role === 'retry' ? ['--lanes', 'bulk'] : [];
}
