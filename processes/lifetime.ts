import type { Logger } from 'pino';
import { sleep, systemClock } from '../primitives/clock.js';
import { asFanlightError } from '../schemas/failure.js';
import { listenForStop, type StopCause, type StopOrder } from './stop-order.js';
import { system } from '../primitives/system.js';

/** A part of a process that must be closed. */
export interface OpenPart {
  /** Name in the log, such as `the consumers`. */
  readonly name: string;
  /** Upper bound of its closing (ms). Default: what is left of the whole stop. */
  readonly boundMs?: number;
  close(cause: StopCause): unknown;
}

/** Parts that a process opens while it starts, and that its stop closes. */
export interface Lifetime {
  /** Adds a part. Parts are closed in reverse order. */
  add(part: OpenPart): void;
  /** Stops the process with exit code 1. */
  readonly fail: (error: unknown) => void;
}

export interface LifetimeOptions {
  readonly logger: Logger;
  /** Opens the parts. Resolves once the process is ready. */
  readonly start: (lifetime: Lifetime) => Promise<void>;
  /** Default: `stopBoundMs`. */
  readonly boundMs?: number;
}

/**
 * Longest stop (ms), from the order to the exit code. Together with the grace of `endProcess` it is shorter than what
 * `fanlight up` and `docker stop` wait before they kill (10 s).
 */
export const stopBoundMs = 8_700;

/**
 * Runs a process from its start to its orderly stop, and returns its exit code: 0 after an order, 1 after a failure.
 * An order also ends a start that still waits for a server. A part that hangs or fails does not keep the others open.
 *
 * @throws what `start` throws, after the parts that it opened are closed
 */
export async function liveUntilStopped({ logger, start, boundMs = stopBoundMs }: LifetimeOptions): Promise<number> {
  const parts: OpenPart[] = [];
  const order = listenForStop({
    onSecondSignal(exitCode, signal) {
      logger.warn({ signal }, 'a second signal came: the process ends at once, and others repeat its unfinished work');
      process.exit(exitCode);
    },
  });
  const lifetime: Lifetime = { add: (part) => void parts.push(part), fail: order.fail };
  const starting = start(lifetime).then(
    (): StartOutcome => ({ kind: 'ready' }),
    (error: unknown): StartOutcome => ({ kind: 'not-started', error }),
  );
  const first = await Promise.race([order.given, starting]);
  const cause = await causeOf(first, order);
  if (cause.kind === 'failure' && first.kind !== 'not-started') reportFatal(logger, cause.error);
  await closeAll(parts, cause, { logger, boundMs });
  order.release();
  if (first.kind === 'not-started') throw first.error;
  logger.info('stopped');
  return cause.kind === 'failure' ? 1 : 0;
}

type StartOutcome = { readonly kind: 'ready' } | { readonly kind: 'not-started'; readonly error: unknown };

function causeOf(first: StopCause | StartOutcome, { given }: StopOrder): StopCause | Promise<StopCause> {
  switch (first.kind) {
    case 'ready':
      return given;
    case 'not-started':
      return { kind: 'failure', error: first.error };
    default:
      return first;
  }
}

/** Closes the parts, the last one first. A part that takes longer than its bound keeps closing beside the next. */
async function closeAll(
  parts: readonly OpenPart[],
  cause: StopCause,
  { logger, boundMs }: { readonly logger: Logger; readonly boundMs: number },
): Promise<void> {
  const endsAt = system.monotonicMs() + boundMs;
  for (const part of [...parts].reverse()) {
    const leftMs = Math.max(0, Math.min(part.boundMs ?? Infinity, endsAt - system.monotonicMs()));
    const outcome = await closeWithin(part, cause, leftMs);
    if (outcome.kind === 'closed') continue;
    const what =
      outcome.kind === 'failed' ? `did not close: ${outcome.message}` : `did not close within ${Math.round(leftMs)} ms`;
    logger.warn({ part: part.name }, `${part.name} ${what}`);
  }
}

type Closing = { readonly kind: 'closed' | 'late' } | { readonly kind: 'failed'; readonly message: string };

async function closeWithin(part: OpenPart, cause: StopCause, boundMs: number): Promise<Closing> {
  const closed = new AbortController();
  const closing = Promise.resolve()
    .then(() => part.close(cause))
    .then(
      (): Closing => ({ kind: 'closed' }),
      (error: unknown): Closing => ({ kind: 'failed', message: asFanlightError(error).message }),
    );
  const late = sleep(systemClock, boundMs, closed.signal).then(
    (): Closing => ({ kind: 'late' }),
    (): Closing => ({ kind: 'closed' }),
  );
  const outcome = await Promise.race([closing, late]);
  closed.abort();
  return outcome;
}

/** Resolves once all work has ended. Rejects with the first failure, but not before the rest has ended. */
export async function allEnded(work: readonly unknown[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

function reportFatal(logger: Logger, failure: unknown): void {
  const error = asFanlightError(failure);
  logger.fatal({ code: error.code, remedy: error.remedy, err: error.cause ?? error }, error.message);
}
