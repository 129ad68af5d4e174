import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import { readChunks } from './chunks.js';

export interface BodyOptions {
  readonly clock: Clock;
  readonly limitBytes: number;
  /** How long it may take, milliseconds. */
  readonly totalMs: number;
  /** What the body is, in the message: `image` or `JSON document`. */
  readonly what: string;
}

/**
 * The whole body, counted while it arrives: no more than the limit and one chunk is ever held.
 * Throws `too-large`, `request-timeout`, and `ClientGoneError` when the body ends early.
 */
export async function readBody(request: Request, { clock, limitBytes, totalMs, what }: BodyOptions): Promise<Uint8Array> {
  const tooLarge = () =>
    new FanlightError({
      code: 'too-large',
      message: `The ${what} is larger than ${limitBytes} bytes.`,
      remedy: `Send at most ${limitBytes} bytes.`,
    });
  // Content-Length may be absent or, behind a careless proxy, wrong; it only saves the reading.
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw tooLarge();

  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readChunks(request, { clock, totalMs })) {
    length += chunk.length;
    if (length > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}
