import { join } from 'node:path';
import { startProcess, type RunningProcess } from '../../local/servers/process.js';
import { readyLine } from '../../processes/ready-line.js';
import { serverAddress } from './worker-services.js';

const program = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

/** Environment of a process that works with the servers of the integration tests. */
export function testEnvironment(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    FANLIGHT_KAFKA_BROKERS: serverAddress('KAFKA_BROKERS'),
    FANLIGHT_REGISTRY_URL: serverAddress('REGISTRY_URL'),
    FANLIGHT_REDIS_URL: serverAddress('REDIS_URL'),
    FANLIGHT_SINK_REDIS_URL: serverAddress('SINK_REDIS_URL'),
    FANLIGHT_S3_ENDPOINT: serverAddress('S3_ENDPOINT'),
    FANLIGHT_S3_REGION: serverAddress('S3_REGION'),
    FANLIGHT_S3_ACCESS_KEY_ID: serverAddress('S3_ACCESS_KEY_ID'),
    FANLIGHT_S3_SECRET_ACCESS_KEY: serverAddress('S3_SECRET_ACCESS_KEY'),
    FANLIGHT_PLACEMENT: 'compact',
    FANLIGHT_GATEWAY_AUTH: 'off',
    ...changes,
  };
}

/** Starts `fanlight <args>` from the sources, and waits until it is ready. Its log is `<logDir>/<name>.log`. */
export function startFanlight(
  name: string,
  { args, env, logDir }: { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv; readonly logDir: string },
): Promise<RunningProcess> {
  return startProcess({
    name,
    command: process.execPath,
    args: ['--import', 'tsx', program, ...args],
    env,
    logFile: join(logDir, `${name}.log`),
    ready: { line: readyLine, timeoutMs: 90_000 },
    stopTimeoutMs: 10_000,
  });
}
