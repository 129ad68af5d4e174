import { createHash } from 'node:crypto';

export interface Digested {
  /** The same request; its body is read as ever, and nothing of it is kept. */
  readonly request: Request;
  /** SHA-256 of the body in hex digits; null until all of it was read. */
  digest(): string | null;
}

/** Digests the body of a request while somebody reads it. */
export function digestBody(request: Request): Digested {
  const hash = createHash('sha256');
  if (request.body === null) return { request, digest: () => hash.copy().digest('hex') };
  let isWhole = false;
  const digesting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      hash.update(chunk);
      controller.enqueue(chunk);
    },
    flush() {
      isWhole = true;
    },
  });
  const body = (request.body as ReadableStream<Uint8Array>).pipeThrough(digesting);
  const { url, method, headers, signal } = request;
  return {
    // Not `new Request(request, …)`: a server's request need not be one of the global class.
    request: new Request(url, { method, headers, signal, body, duplex: 'half' }),
    digest: () => (isWhole ? hash.copy().digest('hex') : null),
  };
}
