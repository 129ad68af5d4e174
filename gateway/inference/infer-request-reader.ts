import type { z } from 'zod';
import { ByteCollector } from '../../primitives/byte-collector.js';
import { FanlightError } from '../../schemas/failure.js';
import { decodeBody } from '../../http/bodies/decoded-body.js';
import { JsonSplitter } from '../../http/bodies/json-splitter.js';
import { JsonTextError, type JsonPath } from '../../http/bodies/json-text.js';
import type { LongArray } from '../../http/bodies/long-array.js';
import { Pace } from '../../http/bodies/pace.js';
import type { RequestBody } from '../../http/bodies/request-body.js';
import { bodyTooLarge, type BodyReadOptions } from '../../http/bodies/whole-body.js';
import type { GatewayLimits } from '../limits.js';
import { pointerOf } from '../../http/problems/json-pointer.js';
import { ProblemError } from '../../http/problems/problem.js';
import { parseDocument } from '../../http/requests/validation.js';
import type { InferRequest } from './infer-request.js';
import { bytesPerValue, mostValues, type ModelOffer } from './model-offer.js';
import { TensorValues } from './tensor-values.js';

/** Header field of Triton's binary tensor data extension: the number of bytes of JSON before the binary values. */
export const jsonLengthHeader = 'inference-header-content-length';

export interface ReadRequest {
  /** The request without values: `data` is `[]` for an input with values in the JSON. */
  readonly request: InferRequest;
  /** Position among the inputs → its values in the JSON. */
  readonly values: ReadonlyMap<number, TensorValues>;
  /** The bytes after the JSON. */
  readonly bytes: Uint8Array;
}

export interface ReadInferOptions extends BodyReadOptions {
  readonly offer: ModelOffer;
  readonly schema: z.ZodType<InferRequest>;
  readonly limits: Pick<GatewayLimits, 'inferenceBytes' | 'inferenceJsonBytes' | 'numberBytes' | 'inputs'>;
}

/** The reader accepts this many values more than the model takes, so that the answer can name the exact mistake. */
const valueSlack = 64 * 1024;
/** Bytes that are processed in one turn of the event loop. */
const bytesPerTurn = 64 * 1024;

/**
 * Reads an inference request while it arrives. Values are parsed from the text into tensors, whose size is bounded by
 * the input of the model; the text of the values is not kept. Throws `too-large`, `request-timeout`,
 * `unsupported-media-type`, `malformed-json`, `invalid-request`, `overloaded` and `ClientGoneError`.
 */
export async function readInferRequest(
  body: RequestBody,
  headers: Headers,
  options: ReadInferOptions,
): Promise<ReadRequest> {
  const { clock, turns, pace, schema, limits } = options;
  const encoding = headers.get('content-encoding');
  if (encoding === null && (body.announcedBytes ?? 0) > limits.inferenceBytes)
    throw bodyTooLarge('request', limits.inferenceBytes);
  const jsonLength = lengthOfJson(headers.get(jsonLengthHeader));
  const reader = new InferReader(body, options, jsonLength);
  let received = 0;
  for await (const piece of decodeBody(body.pieces(new Pace(clock, pace)), encoding)) {
    for (let at = 0; at < piece.length; at += bytesPerTurn) {
      const portion = piece.subarray(at, at + bytesPerTurn);
      if (received + portion.length > limits.inferenceBytes)
        throw encoding === null
          ? bodyTooLarge('request', limits.inferenceBytes)
          : tooLargeDecompressed(limits.inferenceBytes);
      await turns.run(received, () => reader.write(portion));
      received += portion.length;
    }
  }
  if (jsonLength !== undefined && jsonLength > received) throw wrongLength(String(jsonLength), received);
  body.memory.keep();
  return { request: parseDocument(schema, reader.document()), values: reader.values, bytes: reader.bytes() };
}

class InferReader {
  readonly values = new Map<number, TensorValues>();
  readonly #body: RequestBody;
  readonly #options: ReadInferOptions;
  readonly #splitter: JsonSplitter;
  readonly #binary: ByteCollector;
  readonly #binaryLimit: number;
  /** Bytes of JSON that have not arrived yet. */
  #jsonLeft: number;

  constructor(body: RequestBody, options: ReadInferOptions, jsonLength: number | undefined) {
    const { offer, limits } = options;
    this.#body = body;
    this.#options = options;
    this.#jsonLeft = jsonLength ?? Infinity;
    this.#splitter = new JsonSplitter({
      limitBytes: limits.inferenceJsonBytes,
      longArray: (path) => this.#longArray(path),
    });
    const most = offer.inputs.reduce((sum, input) => sum + mostValues(offer, input) * bytesPerValue[input.datatype], 0);
    this.#binaryLimit = most + valueSlack;
    this.#binary = new ByteCollector({ limitBytes: this.#binaryLimit });
  }

  write(portion: Uint8Array): void {
    const json = portion.subarray(0, this.#jsonLeft);
    this.#jsonLeft -= json.length;
    if (json.length > 0) asJson(() => this.#splitter.write(json));
    if (json.length === portion.length) return;
    const before = this.#binary.capacity;
    if (!this.#binary.add(portion.subarray(json.length)))
      throw bodyTooLarge('tensors of the request', this.#binaryLimit);
    this.#body.memory.take(this.#binary.capacity - before);
  }

  document(): unknown {
    return asJson(() => this.#splitter.end());
  }

  bytes(): Uint8Array {
    return this.#binary.bytes();
  }

  /** Reads the values of inputs in portions. All other arrays are short and stay in the document. */
  #longArray(path: JsonPath): LongArray | undefined {
    const [inputs, at, data] = path;
    if (path.length !== 3 || inputs !== 'inputs' || typeof at !== 'number' || data !== 'data') return undefined;
    if (at >= this.#options.limits.inputs)
      throw new JsonTextError(`it has more than ${this.#options.limits.inputs} inputs`);
    if (this.values.has(at)) throw new JsonTextError(`${pointerOf(path)} occurs twice`);
    const { offer, limits } = this.#options;
    const most = Math.max(...offer.inputs.map((input) => mostValues(offer, input)));
    const datatype = offer.inputs.every((input) => input.datatype === 'UINT8') ? 'UINT8' : 'FP32';
    const values = new TensorValues({ memory: this.#body.memory, datatype, most: most + valueSlack });
    this.values.set(at, values);
    return {
      holds: 'numbers',
      limitBytes: limits.numberBytes,
      onValues: (portion) => values.add(portion, pointerOf(path)),
    };
  }
}

/** Runs a reader of JSON. Throws `malformed-json` when the text is not JSON. */
function asJson<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new ProblemError({
      code: 'malformed-json',
      detail: `The request cannot be read as JSON in UTF-8: ${error.message}.`,
      remedy: 'Send JSON. When bytes follow it, send its length in Inference-Header-Content-Length.',
    });
  }
}

function lengthOfJson(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,10}$/.test(header.trim())) return Number(header);
  throw wrongLength(header.slice(0, 100));
}

function wrongLength(given: string, received?: number): ProblemError {
  return new ProblemError({
    code: 'invalid-request',
    detail: `Inference-Header-Content-Length is "${given}"${received === undefined ? ', which is not a number of bytes' : `, but the body has ${received} bytes`}.`,
    remedy: 'Send the number of bytes of JSON before the tensors.',
  });
}

function tooLargeDecompressed(limitBytes: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `The request is larger than ${limitBytes} bytes after decompression.`,
    remedy: `Send at most ${limitBytes} bytes.`,
  });
}
