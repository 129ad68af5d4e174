/**
 * Tells the supervisor that this process takes work, and the port of its health endpoints. It writes to the standard
 * output, because the log level may hide log lines.
 */
export function announceReady(port: number): void {
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

/** Matches the line of `announceReady` in the output of a process. The first group is the port. */
export const readyLine = /^\{"ready":true,"port":(\d+)\}$/m;
