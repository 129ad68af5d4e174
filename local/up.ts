import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines } from './last-lines.js';
import { showProgress } from './servers/progress.js';
import { FanlightError } from '../schemas/failure.js';
import { stateDirectory } from '../processes/config.js';
import { isAlive, readRecord } from './deployment-record.js';
import { packagePath } from '../primitives/package-root.js';
import { bringUp, type RunningDeployment } from './bring-up.js';
import { describePlaces } from './places.js';
import { waitForSignal } from './stop-signal.js';

/** Starts the deployment, with progress on standard error. */
export function bringUpWithProgress(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<RunningDeployment> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  return bringUp({
    environment,
    signal,
    onPlatformProgress: showProgress(process.stderr),
    onWorkerStarted: (name, done, total) => say(`started: ${name} (${done}/${total})`),
    onNotice: say,
  });
}

/** `fanlight up`: runs until Ctrl-C, or in the background with `detach`. */
export async function up({ detach }: { readonly detach: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  const running = readRecord(environment);
  if (running) {
    process.stdout.write(`Fanlight already runs (process ${running.pid}).\n${describePlaces(running)}\n`);
    return 0;
  }
  if (detach) return upInBackground(environment);
  const { asked, signal } = waitForSignal();
  const deployment = await bringUpWithProgress(environment, signal);
  try {
    await deployment.complete;
    process.stdout.write(`${describePlaces(deployment.record())}\nCtrl-C stops everything.\n`);
    await Promise.race([asked, deployment.failed]);
  } finally {
    await deployment.stop();
  }
  return 0;
}

async function upInBackground(environment: NodeJS.ProcessEnv): Promise<number> {
  const logDir = join(stateDirectory(environment), 'logs');
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, 'supervisor.log');
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [packagePath('dist', 'cli', 'main.js'), 'up'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: environment,
  });
  const { pid = 0 } = child;
  child.unref();
  process.stderr.write(`starting in the background, log: ${logFile}\n`);
  for (;;) {
    await delay(200);
    if (!isAlive(pid)) {
      throw new FanlightError({
        code: 'invalid-configuration',
        message: `Fanlight did not start: ${lastLines(logFile, 3)}`,
        remedy: `The whole log is ${logFile}.`,
      });
    }
    const record = readRecord(environment);
    // The record exists once the first worker runs; the deployment is complete once the log has its last line.
    if (record?.pid === pid && lastLines(logFile, 3).includes('Ctrl-C stops everything.')) {
      process.stdout.write(`${describePlaces(record)}\n\`fanlight down\` stops everything.\n`);
      return 0;
    }
  }
}
