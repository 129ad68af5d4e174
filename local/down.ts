import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { FanlightError } from '../schemas/failure.js';
import { stateDirectory } from '../processes/config.js';
import { isAlive, readRecord } from './deployment-record.js';

/** Upper bound of the wait for the supervisor (ms): it drains for 10 s, and then stops the servers within 4 s. */
const stopTimeoutMs = 16_000;

/** `fanlight down`: stops the deployment of this machine; with `wipe` also deletes its data. */
export async function down({ wipe }: { readonly wipe: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  const record = readRecord(environment);
  if (record) {
    process.kill(record.pid, 'SIGTERM');
    const deadline = performance.now() + stopTimeoutMs;
    while (isAlive(record.pid)) {
      if (performance.now() > deadline) throw stuck(record.pid);
      await delay(100);
    }
  }
  process.stdout.write(record ? 'Stopped.\n' : 'Fanlight does not run on this machine.\n');
  if (wipe) {
    rmSync(stateDirectory(environment), { recursive: true, force: true });
    process.stdout.write(`Removed ${stateDirectory(environment)}.\n`);
  }
  return 0;
}

function stuck(pid: number): FanlightError {
  return new FanlightError({
    code: 'unexpected-error',
    message: `Process ${pid} has not stopped within ${stopTimeoutMs / 1_000} s.`,
    remedy: 'Look at its log; `kill -9` ends the process and its children.',
  });
}
