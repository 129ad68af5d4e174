import type { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { stopWithSupervisor } from './supervision.js';
import { system } from '../primitives/system.js';

/** Why a process stops. */
export type StopCause = { readonly kind: 'order' } | { readonly kind: 'failure'; readonly error: unknown };

export interface StopOrder {
  /** Resolves with the first cause. */
  readonly given: Promise<StopCause>;
  /** Stops the process because of a failure. */
  fail(error: unknown): void;
  /** Gives the signals back to Node. */
  release(): void;
}

export interface StopOrderOptions {
  /** Called at the second signal, with the exit code: 128 and the number of the signal. It ends the process. */
  readonly onSecondSignal: (exitCode: number, signal: NodeJS.Signals) => void;
  /** Returns milliseconds. */
  readonly now?: () => number;
  /** Default: this process. */
  readonly source?: Pick<EventEmitter, 'on' | 'off'>;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/** A terminal sends Ctrl-C to the whole group, and npm sends it once more: both mean one order (ms). */
const sameOrderMs = 500;

/** Listens for SIGTERM, SIGINT and the end of the supervisor. */
export function listenForStop({
  onSecondSignal,
  now = () => system.monotonicMs(),
  source = process,
}: StopOrderOptions): StopOrder {
  let give: (cause: StopCause) => void = () => undefined;
  const given = new Promise<StopCause>((resolve) => (give = resolve));
  let firstAt: number | undefined;

  function onSignal(signal: NodeJS.Signals): void {
    firstAt ??= now();
    if (now() - firstAt > sameOrderMs) onSecondSignal(128 + constants.signals[signal], signal);
    give({ kind: 'order' });
  }

  for (const signal of signals) source.on(signal, onSignal);
  stopWithSupervisor(() => give({ kind: 'order' }));
  return {
    given,
    fail: (error) => give({ kind: 'failure', error }),
    release() {
      for (const signal of signals) source.off(signal, onSignal);
    },
  };
}
