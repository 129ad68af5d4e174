import type { Logger } from 'pino';
import { openResources } from './open-resources.js';
import { system } from '../primitives/system.js';

/** Time (ms) for connections that are closing: a broker answers the end of a connection within milliseconds. */
const graceMs = 300;
/** Longest wait (ms) for a reader of the standard output that does not read. */
const flushMs = 100;

/**
 * Ends this process with the exit code. The process ends by itself once nothing is open. After the grace it ends anyway
 * and names what is still open, because a supervisor takes a process that lives for one that works.
 */
export function endProcess(exitCode: number, logger: Logger): void {
  process.exitCode = exitCode;
  // Neither timer keeps the process alive.
  system.scheduleInBackground(graceMs, function endAnyway() {
    const open = openResources();
    if (open.length > 0) logger.warn({ open, exitCode }, 'the process ends although resources are open');
    // Log lines are written synchronously (see `createLogger`). The standard output may be a pipe that is full.
    const exit = () => process.exit(exitCode);
    system.scheduleInBackground(flushMs, exit);
    process.stdout.write('', exit);
  });
}
