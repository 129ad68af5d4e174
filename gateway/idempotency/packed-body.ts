import { pipeline, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';

export interface PackedBody {
  readonly encoding: 'gzip' | 'identity';
  readonly bytes: Buffer;
}

/**
 * The body of a response, compressed if that is smaller; undefined when both forms exceed `maxBytes`. The response
 * itself stays unread. Reading stops once both forms exceed the bound, so that no large body is buffered.
 */
export async function packBody(response: Response, maxBytes: number): Promise<PackedBody | undefined> {
  const body = response.clone().body as ReadableStream<Uint8Array> | null;
  if (body === null) return { encoding: 'identity', bytes: Buffer.alloc(0) };
  const plain: Uint8Array[] = [];
  let plainBytes = 0;
  async function* copied(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      plainBytes += chunk.length;
      if (plainBytes <= maxBytes) plain.push(chunk);
      yield chunk;
    }
  }
  // `pipeline` hands errors of the body on to the loop, and cancels the clone when the loop ends early.
  const compressed = pipeline(Readable.fromWeb(body), copied, createGzip(), () => undefined);
  const zipped: Buffer[] = [];
  let zippedBytes = 0;
  for await (const chunk of compressed as AsyncIterable<Buffer>) {
    zippedBytes += chunk.length;
    if (zippedBytes > maxBytes && plainBytes > maxBytes) return undefined;
    zipped.push(chunk);
  }
  if (plainBytes <= zippedBytes) return { encoding: 'identity', bytes: Buffer.concat(plain) };
  return { encoding: 'gzip', bytes: Buffer.concat(zipped) };
}

const unzip = promisify(gunzip);

export async function unpackBody({ encoding, bytes }: PackedBody): Promise<Buffer> {
  return encoding === 'gzip' ? unzip(bytes) : bytes;
}
