import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { brokenAnswer, emptyBody, tooLarge } from './failures.js';

type Answer = Pick<Dispatcher.ResponseData, 'headers' | 'body'>;

/**
 * The whole file, reading at most `limitBytes` plus one chunk. A content length is believed only when it is already too
 * large. Throws `too-large`, `empty-file` and `host-error`.
 */
export async function readBody({ headers, body }: Answer, host: string, limitBytes: number): Promise<Uint8Array> {
  if (Number(headers['content-length'] ?? 0) > limitBytes) {
    // Unheard, the error that a destroyed body emits would end the process.
    body.on('error', () => undefined).destroy();
    throw tooLarge(host, limitBytes);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limitBytes) throw tooLarge(host, limitBytes);
    chunks.push(chunk);
  }
  if (length === 0) throw emptyBody(host);
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
  return undoEncoding(bytes, headers, host, limitBytes);
}

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** Some hosts compress although `identity` was asked for. */
async function undoEncoding(
  bytes: Buffer,
  headers: IncomingHttpHeaders,
  host: string,
  limitBytes: number,
): Promise<Uint8Array> {
  const encoding = String(headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return bytes;
  if (!isKnownEncoding(encoding)) throw brokenAnswer(host, `answered in the encoding "${encoding}", which nobody asked for`);
  try {
    return await decoders[encoding](bytes, { maxOutputLength: limitBytes });
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw tooLarge(host, limitBytes);
    throw brokenAnswer(host, `answered with damaged ${encoding} data`, error);
  }
}

function isKnownEncoding(encoding: string): encoding is keyof typeof decoders {
  return Object.hasOwn(decoders, encoding);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
