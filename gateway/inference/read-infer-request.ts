import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { z } from 'zod';
import { FanlightError } from '../../schemas/failure.js';
import { ProblemError } from '../problems/problem.js';
import { readBody } from '../requests/body.js';
import type { Pace } from '../requests/forms.js';
import { parseDocument } from '../requests/parse.js';
import type { InferRequest } from './infer-request.js';

/** Triton's "binary tensor data": how many bytes of the body are JSON; values follow. */
export const jsonLengthHeader = 'inference-header-content-length';

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const;

export interface ReadRequest {
  readonly request: InferRequest;
  /** What stands behind the JSON. */
  readonly bytes: Uint8Array;
}

/** Throws `too-large`, `request-timeout`, `unsupported-media-type`, `malformed-json` and `invalid-request`. */
export async function readInferRequest(request: Request, schema: z.ZodType<InferRequest>, { limitBytes, ...pace }: Pace & { readonly limitBytes: number }): Promise<ReadRequest> {
  const body = await decoded(await readBody(request, { ...pace, limitBytes, what: 'request' }), request.headers.get('content-encoding'), limitBytes);
  const jsonLength = lengthOfJson(request.headers.get(jsonLengthHeader), body.length);
  return { request: parseDocument(schema, parseJson(body.subarray(0, jsonLength))), bytes: body.subarray(jsonLength) };
}

async function decoded(body: Uint8Array, encoding: string | null, limitBytes: number): Promise<Uint8Array> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity') return body;
  const decode = Object.hasOwn(decoders, name) ? decoders[name as keyof typeof decoders] : undefined;
  if (decode === undefined) {
    throw new ProblemError({
      code: 'unsupported-media-type',
      detail: `The body has the content encoding "${name.slice(0, 100)}".`,
      remedy: 'Send gzip, deflate, or no content encoding.',
      headers: { 'accept-encoding': 'gzip, deflate, identity' },
    });
  }
  try {
    return await decode(body, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new FanlightError({ code: 'too-large', message: `The request is larger than ${limitBytes} bytes when it is decompressed.`, remedy: `Send at most ${limitBytes} bytes.` });
    }
    throw new ProblemError({ code: 'malformed-json', detail: `The body is not ${name}: ${(error as Error).message}.`, remedy: 'Compress it as its Content-Encoding says.' });
  }
}

function lengthOfJson(header: string | null, bodyLength: number): number {
  if (header === null) return bodyLength;
  const length = /^\d{1,10}$/.test(header.trim()) ? Number(header) : NaN;
  if (length <= bodyLength) return length;
  throw new ProblemError({
    code: 'invalid-request',
    detail: `Inference-Header-Content-Length is "${header.slice(0, 100)}", and the body has ${bodyLength} bytes.`,
    remedy: 'Send the number of bytes of the JSON in front of the tensors.',
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ProblemError({
      code: 'malformed-json',
      detail: `The request can not be read as JSON in UTF-8: ${error instanceof Error ? error.message : 'unreadable'}.`,
      remedy: 'Send JSON; with values as bytes behind it, say its length in Inference-Header-Content-Length.',
    });
  }
}
