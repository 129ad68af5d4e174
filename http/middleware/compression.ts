import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import { accepts } from 'hono/accepts';
import type { Route } from '../route.js';

const encoders = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** Answers up to this size fit into one packet without compression. */
const smallBytes = 1_400;

/**
 * Compresses answers as the client accepts (RFC 9110, Accept-Encoding). The level favours speed over size, because
 * tensors are large.
 */
export function compress(handle: Route['handle']): Route['handle'] {
  return async function handleCompressed(context) {
    const answer = await handle(context);
    const body = new Uint8Array(await answer.arrayBuffer());
    const headers = new Headers(answer.headers);
    headers.set('vary', 'accept-encoding');
    const encoding = accepts(context, {
      header: 'Accept-Encoding',
      supports: ['gzip', 'deflate', 'identity'],
      default: 'identity',
    });
    if (body.length <= smallBytes || !Object.hasOwn(encoders, encoding))
      return new Response(body, { status: answer.status, headers });
    headers.set('content-encoding', encoding);
    return new Response(Uint8Array.from(await encoders[encoding as keyof typeof encoders](body, { level: 1 })), {
      status: answer.status,
      headers,
    });
  };
}
