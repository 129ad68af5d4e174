/**
 * Calls `stop` once the supervisor of this process is gone, for any reason. It does so only for a process that
 * `startProcess` started. A process that was started by hand may have a closed standard input from the first moment.
 */
export function stopWithSupervisor(stop: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['FANLIGHT_SUPERVISED'] !== '1') return;
  process.stdin.once('end', stop);
  process.stdin.resume();
  // Watching the standard input must not keep a finished worker alive.
  if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();
}
