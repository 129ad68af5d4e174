import { connect } from 'node:net';
import type { Clock } from '../primitives/clock.js';
import { every } from '../primitives/timer-loop.js';
import { systemErrorCode } from './servers/errors.js';

export interface ListenerWatchOptions {
  readonly clock: Clock;
  /** Interval between probes (ms). */
  readonly everyMs: number;
  /** Time (ms) for which the port must refuse connections before `onClosed` is called. It must have accepted one. */
  readonly graceMs: number;
  /** Called once, with the time since the first refusal (ms). Must not reject. */
  readonly onClosed: (closedMs: number) => Promise<void>;
}

/**
 * Watches the port of a process on this machine. A busy or frozen process still accepts connections, because the kernel
 * does that for it. Only a process that has closed its listener, or has exited, refuses them.
 *
 * @returns a function that ends the watch
 */
export function watchListener(port: number, { clock, everyMs, graceMs, onClosed }: ListenerWatchOptions): () => void {
  let accepted = false;
  let refusedAt: number | undefined;

  async function probe(): Promise<void> {
    if (!(await isRefused(port))) {
      accepted = true;
      refusedAt = undefined;
      return;
    }
    // A process that listens on another address refuses from the first probe on.
    if (!accepted) return;
    refusedAt ??= clock.now();
    const closedMs = clock.now() - refusedAt;
    if (closedMs < graceMs) return;
    void stop();
    await onClosed(closedMs);
  }

  // A probe never rejects: every outcome but a refusal means that something listens.
  const stop = every(clock, everyMs, probe, () => undefined);
  return () => void stop();
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    const end = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => end(false));
    // A full backlog: the process listens and does not accept at the moment.
    socket.once('timeout', () => end(false));
    socket.once('error', (error) => end(systemErrorCode(error) === 'ECONNREFUSED'));
  });
}
