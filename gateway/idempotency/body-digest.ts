import { createHash } from 'node:crypto';
import type { RequestBody } from '../../http/bodies/request-body.js';

export interface Digested {
  /** The same body, which is not buffered. */
  readonly body: RequestBody;
  /** SHA-256 of the body in hex digits; null until the whole body was read. */
  digest(): string | null;
}

/** Computes the digest of a body while it is read. */
export function digestBody(body: RequestBody): Digested {
  const hash = createHash('sha256');
  let isWhole = false;
  return {
    body: {
      ...body,
      async *pieces(pace) {
        for await (const piece of body.pieces(pace)) {
          hash.update(piece);
          yield piece;
        }
        isWhole = true;
      },
    },
    digest: () => (isWhole ? hash.copy().digest('hex') : null),
  };
}
