import { mkdirSync, readFileSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { FanlightError } from '../schemas/failure.js';
import type { Environment } from '../primitives/environment.js';
import { readCuts, stateDirectory, type Config } from '../processes/config.js';

/** Describes the deployment on this machine; the supervisor writes it to a file for other commands. */
export interface DeploymentRecord {
  /** Process id of the supervisor. */
  readonly pid: number;
  readonly startedAt: string;
  readonly gatewayUrl: string;
  /** `FANLIGHT_*` variables with which other processes find the deployment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logDir: string;
  readonly processes: readonly ProcessRecord[];
}

export interface ProcessRecord {
  readonly name: string;
  readonly kind: 'server' | 'worker';
  readonly pid: number;
  /** Port of `/healthz`, `/readyz` and `/metrics`; null for servers. */
  readonly port: number | null;
  readonly restarts: number;
  readonly state: 'running' | 'restarting';
}

export function recordFile(environment: Environment): string {
  return join(stateDirectory(environment), 'deployment.json');
}

export function writeRecord(file: string, record: DeploymentRecord): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRecord(file: string): void {
  rmSync(file, { force: true });
}

/** Returns the running deployment of this machine, or null if there is none or its supervisor is gone. */
export function readRecord(environment: Environment): DeploymentRecord | null {
  let text: string;
  try {
    text = readFileSync(recordFile(environment), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const record = JSON.parse(text) as DeploymentRecord;
  return isAlive(record.pid) ? record : null;
}

/**
 * Returns placement and dedicated queues of the environment, or else of the deployment on this machine; `staged` if
 * there is neither. Throws `invalid-configuration`.
 */
export function runningCuts(environment: NodeJS.ProcessEnv): Pick<Config, 'FANLIGHT_PLACEMENT' | 'FANLIGHT_DEDICATED'> {
  return readCuts({ ...readRecord(environment)?.environment, ...environment });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Returns the environment of a client command: the given one if it names a platform, else that of the deployment on
 * this machine. Throws `invalid-configuration` if there is neither.
 */
export function clientEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if ((environment['FANLIGHT_KAFKA_BROKERS'] ?? '') !== '') return environment;
  const record = readRecord(environment);
  if (record) return { ...record.environment, ...environment };
  throw new FanlightError({
    code: 'invalid-configuration',
    message: 'Fanlight does not run on this machine, and FANLIGHT_KAFKA_BROKERS is not set.',
    remedy: 'Start it with `npm start` or `fanlight up --detach`, or set the variables of docs/operations.md.',
  });
}
