import { FanlightError } from '../../schemas/failure.js';
import { ClientGoneError } from './client-gone.js';

export interface BodyOptions {
  readonly limitBytes: number;
  /** What the body is, in the message: `image` or `JSON document`. */
  readonly what: string;
}

/**
 * The whole body, counted while it arrives: no more than the limit and one chunk is ever held.
 * Throws `too-large`, and `ClientGoneError` when the body ends early.
 */
export async function readBody(request: Request, { limitBytes, what }: BodyOptions): Promise<Uint8Array> {
  const tooLarge = () =>
    new FanlightError({
      code: 'too-large',
      message: `The ${what} is larger than ${limitBytes} bytes.`,
      remedy: `Send at most ${limitBytes} bytes.`,
    });
  // Content-Length may be absent or, behind a careless proxy, wrong; it only saves the reading.
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();

  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const read = () =>
    reader.read().catch((error: unknown) => {
      throw new ClientGoneError(error);
    });
  for (let next = await read(); !next.done; next = await read()) {
    length += next.value.length;
    if (length > limitBytes) {
      const error = tooLarge();
      await reader.cancel(error);
      throw error;
    }
    chunks.push(next.value);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}
