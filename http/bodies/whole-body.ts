import { createHash } from 'node:crypto';
import type { Clock } from '../../primitives/clock.js';
import { ByteCollector } from '../../primitives/byte-collector.js';
import type { LoopTurns } from '../../primitives/loop-turns.js';
import { FanlightError } from '../../schemas/failure.js';
import { Pace, type PaceLimits } from './pace.js';
import type { RequestBody } from './request-body.js';

/** Options for reading a body. */
export interface BodyReadOptions {
  readonly clock: Clock;
  readonly turns: LoopTurns;
  readonly pace: PaceLimits;
}

export interface WholeBodyOptions extends BodyReadOptions {
  readonly limitBytes: number;
  /** Name of the body in messages: `image` or `JSON document`. */
  readonly what: string;
}

export interface WholeBody {
  readonly bytes: Uint8Array;
  /** SHA-256 in lower-case hex, computed piece by piece. */
  readonly sha256: string;
}

/**
 * Reads the whole body. The bytes are counted while they arrive, so that at most the limit and one piece are in memory.
 * Throws `too-large`, `request-timeout`, `malformed-request`, `overloaded`, and `ClientGoneError` when the body ends
 * early.
 */
export async function readWhole(
  body: RequestBody,
  { clock, turns, pace, limitBytes, what }: WholeBodyOptions,
): Promise<WholeBody> {
  const { announcedBytes } = body;
  if (announcedBytes !== undefined && announcedBytes > limitBytes) throw bodyTooLarge(what, limitBytes);
  const collector = new ByteCollector({
    limitBytes,
    ...(announcedBytes === undefined ? {} : { expectedBytes: announcedBytes }),
  });
  const hash = createHash('sha256');
  for await (const piece of body.pieces(new Pace(clock, pace))) {
    await turns.run(collector.length, () => {
      const before = collector.capacity;
      if (!collector.add(piece)) throw bodyTooLarge(what, limitBytes);
      body.memory.take(collector.capacity - before);
      hash.update(piece);
    });
  }
  body.memory.keep();
  return { bytes: collector.bytes(), sha256: hash.digest('hex') };
}

/** The error for a body above its limit. */
export function bodyTooLarge(what: string, limitBytes: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `The ${what} is larger than ${limitBytes} bytes.`,
    remedy: `Send at most ${limitBytes} bytes.`,
  });
}
