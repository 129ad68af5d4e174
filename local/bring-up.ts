import { join } from 'node:path';
import { checkMachine, firstProblem } from './servers/preflight.js';
import { startPlatform, type Platform } from './servers/platform.js';
import { portsFromEnv } from './servers/port-numbers.js';
import { thisMachine } from './servers/machine.js';
import type { OnProgress } from './servers/events.js';
import { FanlightError } from '../schemas/failure.js';
import { fanlightTopology } from '../topology/main.js';
import { frugalAllocator } from '../models/allocator.js';
import { environmentOf, localDefaults, platformIsGiven } from './addresses.js';
import { readConfig, stateDirectory } from '../processes/config.js';
import { localDeployment } from './deployment.js';
import {
  recordFile,
  removeRecord,
  writeRecord,
  type DeploymentRecord,
  type ProcessRecord,
} from './deployment-record.js';
import { packagePath } from '../primitives/package-root.js';
import { superviseWorkers, type WorkerState } from './supervisor.js';
import { prepareDeployment } from '../processes/preparation.js';

export interface BringUpOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly onPlatformProgress: OnProgress;
  readonly onWorkerStarted: (name: string, done: number, total: number) => void;
  /** Called with a notice for the user, such as the restart of a worker; the deployment keeps running. */
  readonly onNotice: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface RunningDeployment {
  readonly record: () => DeploymentRecord;
  /** Resolves when the gateway and the sinks are ready as well. */
  readonly complete: Promise<void>;
  /** Rejects when a server of the platform exits unexpectedly or a worker does not start. */
  readonly failed: Promise<never>;
  /** Drains the workers (9 s at most), then stops the servers (4 s at most). */
  stop(): Promise<void>;
}

export const defaultGatewayPort = 18_080;

/**
 * Starts the platform (unless the environment names one), prepares it, and starts the workers and the gateway. Resolves
 * when photos can be tagged.
 */
export async function bringUp(options: BringUpOptions): Promise<RunningDeployment> {
  const { environment, signal } = options;
  const dataDir = stateDirectory(environment);
  const logDir = join(dataDir, 'logs');
  const gatewayPort = Number(environment['FANLIGHT_GATEWAY_PORT'] ?? defaultGatewayPort);
  await checkGatewayPort(gatewayPort);

  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => undefined); // avoids an unhandled rejection until the caller listens
  const platform = platformIsGiven(environment) ? null : await openPlatform();
  try {
    const given = fanlightVariables(environment);
    const shared = { ...localDefaults, ...(platform ? environmentOf(platform.addresses, given) : {}), ...given };
    await prepareDeployment({ ...environment, ...shared });
    signal.throwIfAborted();
    return await startWorkers(platform, shared);
  } catch (error) {
    await platform?.stop();
    throw error;
  }

  async function openPlatform(): Promise<Platform> {
    const ports = portsFromEnv(environment);
    const problem = firstProblem(await checkMachine({ dataDir, ports }));
    if (problem) throw unfit(problem.message);
    return startPlatform({
      dataDir,
      ports,
      logDir,
      onProgress: options.onPlatformProgress,
      signal,
      onExit: ({ message }) => fail(unfit(message)),
    });
  }

  async function startWorkers(
    servers: Platform | null,
    shared: Readonly<Record<string, string>>,
  ): Promise<RunningDeployment> {
    const startedAt = new Date().toISOString();
    const file = recordFile(environment);
    let workers: readonly WorkerState[] = [];
    const record = (): DeploymentRecord => ({
      pid: process.pid,
      startedAt,
      gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
      environment: shared,
      logDir,
      processes: [...serverRecords(servers), ...workers.map((state) => ({ ...state, kind: 'worker' as const }))],
    });
    const { FANLIGHT_PLACEMENT, FANLIGHT_DEDICATED } = readConfig(shared);
    const supervisor = await superviseWorkers({
      plans: localDeployment(fanlightTopology(FANLIGHT_PLACEMENT, FANLIGHT_DEDICATED)),
      program: [process.execPath, '--enable-source-maps', packagePath('dist', 'cli', 'main.js')],
      environmentOf: ({ name, nodeOptions = '', frugal = shared['FANLIGHT_MODEL_MEMORY_MIB'] !== undefined }) => ({
        ...(frugal ? frugalAllocator : {}),
        ...environment,
        ...shared,
        NODE_OPTIONS: `${environment['NODE_OPTIONS'] ?? ''} ${nodeOptions}`.trim(),
        FANLIGHT_HTTP_PORT: name === 'gateway' ? String(gatewayPort) : '0',
      }),
      logDir,
      signal,
      onStarted: options.onWorkerStarted,
      onRestart: options.onNotice,
      onChange: (states) => {
        workers = states;
        writeRecord(file, record());
      },
    });
    supervisor.complete.catch(fail);
    return {
      record,
      complete: supervisor.complete,
      failed,
      async stop() {
        await supervisor.stop();
        await servers?.stop();
        removeRecord(file);
      },
    };
  }
}

function fanlightVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const given = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('FANLIGHT_') && value !== undefined && value !== '',
  );
  return Object.fromEntries(given) as Record<string, string>;
}

function serverRecords(platform: Platform | null): ProcessRecord[] {
  return Object.entries(platform?.pids ?? {}).map(([name, pid]) => ({
    name,
    kind: 'server',
    pid,
    port: null,
    restarts: 0,
    state: 'running',
  }));
}

async function checkGatewayPort(port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw unfit(`FANLIGHT_GATEWAY_PORT is not a port.`);
  if (port === 0 || (await thisMachine.isPortFree(port))) return;
  throw unfit(
    `The gateway cannot listen on 127.0.0.1:${port} because another process does.`,
    'Stop that process or set FANLIGHT_GATEWAY_PORT to a free port.',
  );
}

function unfit(message: string, remedy = ''): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message, remedy });
}
