/**
 * Tells the supervisor that this process takes work, and where its health endpoints are; on the standard output and
 * apart from the log, whose level may hide it.
 */
export function announceReady(port: number): void {
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

/** Matches that line in a process's output; the port is the first group. */
export const readyLine = /^\{"ready":true,"port":(\d+)\}$/m;
