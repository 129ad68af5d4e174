import { Readable, pipeline, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { ProblemError } from '../problems/problem.js';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  deflate: () => createInflate(),
};

/**
 * Undoes the content encoding of a body while it arrives. The caller counts the decoded bytes. Throws
 * `unsupported-media-type`, `malformed-json` for bytes that the encoding does not admit, and what `pieces` throws.
 *
 * @param encoding the header field Content-Encoding, null where there is none
 */
export function decodeBody(pieces: AsyncGenerator<Uint8Array>, encoding: string | null): AsyncGenerator<Uint8Array> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity') return pieces;
  const decoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decoder === undefined) throw unsupported(name);
  return decoded(pieces, name, decoder());
}

async function* decoded(
  pieces: AsyncGenerator<Uint8Array>,
  name: string,
  decoder: Transform,
): AsyncGenerator<Uint8Array> {
  // What the source throws: it is no fault of the encoding.
  let failure: { readonly thrown: unknown } | undefined;
  const source = Readable.from(
    watched(pieces, (thrown) => (failure = { thrown })),
    { objectMode: false },
  );
  // The error, if any, comes out of the iteration below.
  pipeline(source, decoder, () => undefined);
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) yield piece;
  } catch (error) {
    if (failure !== undefined) throw failure.thrown;
    if (!isZlibError(error)) throw error;
    throw new ProblemError({
      code: 'malformed-json',
      detail: `The body is not ${name}: ${error.message}.`,
      remedy: 'Compress it as its Content-Encoding says.',
    });
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

async function* watched(
  pieces: AsyncGenerator<Uint8Array>,
  onFailure: (thrown: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (thrown) {
    onFailure(thrown);
    throw thrown;
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}

function unsupported(name: string): ProblemError {
  return new ProblemError({
    code: 'unsupported-media-type',
    detail: `The body has the content encoding "${name.slice(0, 100)}".`,
    remedy: 'Send gzip, deflate, or no content encoding.',
    headers: { 'accept-encoding': 'gzip, deflate, identity' },
  });
}
