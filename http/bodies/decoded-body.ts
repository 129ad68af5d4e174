import { Readable, pipeline, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { ProblemError } from '../problems/problem.js';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  deflate: () => createInflate(),
};

/**
 * Decodes the content encoding of a body while it arrives. The caller must bound the decoded bytes. Throws
 * `unsupported-media-type`, `malformed-json` for bytes that the encoding does not allow, and the errors of `pieces`.
 *
 * @param encoding the header field Content-Encoding; null when it is missing
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
  // An error of the source, which is not an error of the encoding.
  let failure: { readonly thrown: unknown } | undefined;
  const source = Readable.from(
    watched(pieces, (thrown) => (failure = { thrown })),
    { objectMode: false },
  );
  // The iteration below throws the error, if there is one.
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
