import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { AnswerBody } from './infer-answer.js';

const encoders = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** Bytes that fit into one packet anyway. */
const smallBytes = 1_400;

/** An answer as the client takes it (RFC 9110, Accept-Encoding). Large tensors are made smaller quickly rather than by much. */
export async function compressed(context: Context, answer: AnswerBody): Promise<AnswerBody> {
  const { body, headers } = answer;
  const encoding = accepts(context, { header: 'Accept-Encoding', supports: ['gzip', 'deflate', 'identity'], default: 'identity' });
  if (body.length <= smallBytes || !Object.hasOwn(encoders, encoding)) return { body, headers: { ...headers, vary: 'accept-encoding' } };
  const encoded = await encoders[encoding as keyof typeof encoders](body, { level: 1 });
  return { body: Uint8Array.from(encoded), headers: { ...headers, vary: 'accept-encoding', 'content-encoding': encoding } };
}
