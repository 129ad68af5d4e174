import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { FanlightError } from '../schemas/failure.js';
import { stateDirectory } from '../processes/config.js';
import { isAlive, readRecord } from './deployment-record.js';

/** The supervisor drains for 9 s, stops the servers for 4 s, and then has nothing left to do. */
const patienceMs = 15_000;

/** `fanlight down`: stops the deployment of this machine; with `wipe` also forgets its data. */
export async function down({ wipe }: { readonly wipe: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  const record = readRecord(environment);
  if (record) {
    process.kill(record.pid, 'SIGTERM');
    const deadline = performance.now() + patienceMs;
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
    message: `Process ${pid} has not stopped within ${patienceMs / 1_000} s.`,
    remedy: 'Look at its log; `kill -9` ends it, and its children with it.',
  });
}
