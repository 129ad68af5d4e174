import { mkdirSync, readFileSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { FanlightError } from '../schemas/failure.js';
import { readCuts, stateDirectory, type Config, type Environment } from '../processes/config.js';

/** A deployment that runs on this machine, as its supervisor wrote it down for other commands. */
export interface DeploymentRecord {
  /** Of the supervisor. */
  readonly pid: number;
  readonly startedAt: string;
  readonly gatewayUrl: string;
  /** `FANLIGHT_*` variables by which other processes find everything. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logDir: string;
  readonly processes: readonly ProcessRecord[];
}

export interface ProcessRecord {
  readonly name: string;
  readonly kind: 'server' | 'worker';
  readonly pid: number;
  /** Of `/healthz`, `/readyz` and `/metrics`; null for servers. */
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

/** The running deployment of this machine, or null; a record whose supervisor is gone does not count. */
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
 * How the deployment of the environment, or else of this machine, is cut; `staged` when there is none. Throws
 * `invalid-configuration`.
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
 * The environment of a client command: as given where it names a platform, else that of the deployment that runs here.
 * Throws `invalid-configuration` when there is neither.
 */
export function clientEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if ((environment['FANLIGHT_KAFKA_BROKERS'] ?? '') !== '') return environment;
  const record = readRecord(environment);
  if (record) return { ...record.environment, ...environment };
  throw new FanlightError({
    code: 'invalid-configuration',
    message: 'Fanlight does not run on this machine, and FANLIGHT_KAFKA_BROKERS names no other.',
    remedy: 'Start it with `npm start` or `fanlight up --detach`, or set the variables of docs/operations.md.',
  });
}
