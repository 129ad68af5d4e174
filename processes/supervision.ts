/**
 * For a Node process that `startProcess` started: calls `stop` when its supervisor is gone, however it went.
 * Does nothing in a process that was started by hand, whose standard input may be closed from the first moment.
 */
export function stopWithSupervisor(stop: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['FANLIGHT_SUPERVISED'] !== '1') return;
  process.stdin.once('end', stop);
  process.stdin.resume();
  // Watching alone must not keep a worker alive whose work is done.
  if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();
}
