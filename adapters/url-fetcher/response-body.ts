import type { IncomingHttpHeaders } from 'node:http';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { ByteCollector } from '../../primitives/byte-collector.js';
import { brokenAnswer, emptyBody, imageTooLarge } from './failures.js';

type Answer = Pick<Dispatcher.ResponseData, 'headers' | 'body'>;

/**
 * Bound for the average size of chunks, because each chunk costs CPU time, however small it is. Honest senders have far
 * larger chunks: packets, buffers or lines of text.
 */
const tinyChunks = { afterChunks: 1_000, averageBytes: 16 } as const;

/**
 * Returns the whole file. It reads at most `limitBytes` plus one chunk. A content length above the limit is refused at
 * once; any other length is only a hint. Throws `too-large`, `empty-file` and `host-error`.
 */
export async function readBody({ headers, body }: Answer, host: string, limitBytes: number): Promise<Uint8Array> {
  const announced = Number(headers['content-length'] ?? NaN);
  if (announced > limitBytes) {
    // Without a listener, the error of the destroyed body would end the process.
    body.on('error', () => undefined).destroy();
    throw imageTooLarge(host, limitBytes);
  }
  const collector = new ByteCollector({ limitBytes, expectedBytes: announced });
  let chunks = 0;
  // Asynchronous iteration would join waiting chunks and hide their number.
  body.on('data', function collect(chunk: Uint8Array) {
    chunks += 1;
    if (!collector.add(chunk)) body.destroy(imageTooLarge(host, limitBytes));
    else if (chunks > tinyChunks.afterChunks && collector.length < chunks * tinyChunks.averageBytes) {
      body.destroy(brokenAnswer(host, `sent its file in chunks of less than ${tinyChunks.averageBytes} bytes`));
    }
  });
  await finished(body);
  if (collector.length === 0) throw emptyBody(host);
  return undoEncoding(collector.bytes(), headers, host, limitBytes);
}

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** Some hosts compress although the request asks for `identity`. */
async function undoEncoding(
  bytes: Uint8Array,
  headers: IncomingHttpHeaders,
  host: string,
  limitBytes: number,
): Promise<Uint8Array> {
  const encoding = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  if (encoding === 'identity' || encoding === '') return bytes;
  if (!isKnownEncoding(encoding))
    throw brokenAnswer(host, `answered in the encoding "${encoding}", which was not requested`);
  try {
    return await decoders[encoding](bytes, { maxOutputLength: limitBytes });
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw imageTooLarge(host, limitBytes);
    throw brokenAnswer(host, `answered with damaged ${encoding} data`, error);
  }
}

function isKnownEncoding(encoding: string): encoding is keyof typeof decoders {
  return Object.hasOwn(decoders, encoding);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
