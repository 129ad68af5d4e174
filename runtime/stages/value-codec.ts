import { bytesOfFloats, floatsOfBytes } from '../../primitives/float-bytes.js';
import { FanlightError } from '../../schemas/failure.js';
import type { Tensor } from '../../processors/values.js';

/** A value of the graph, split into JSON and the byte arrays that JSON cannot contain. */
export interface SplitValue {
  readonly json: string;
  readonly parts: readonly Uint8Array[];
}

interface PartReference {
  readonly $part: number;
  readonly dtype: Tensor['dtype'];
}

/**
 * Byte arrays and float arrays become parts in little-endian order; everything else becomes JSON. Works for every
 * value made of plain objects, arrays, strings, finite numbers, booleans, null, Uint8Array and Float32Array.
 */
export function splitValue(value: unknown): SplitValue {
  const parts: Uint8Array[] = [];
  const json = JSON.stringify(value, function replace(this: unknown, key: string, replaced: unknown) {
    // `replaced` of a Buffer is the output of Buffer.toJSON. The holder still has the original value.
    const original = key === '' ? value : (this as Record<string, unknown>)[key];
    if (original instanceof Uint8Array) return { $part: parts.push(original) - 1, dtype: 'uint8' };
    if (original instanceof Float32Array) return { $part: parts.push(bytesOfFloats(original)) - 1, dtype: 'float32' };
    return replaced;
  });
  return { json, parts };
}

export function joinValue({ json, parts }: SplitValue): unknown {
  return JSON.parse(json, (_key, value: unknown) => {
    if (!isPartReference(value)) return value;
    const bytes = parts[value.$part];
    if (!bytes) throw invalid(`part ${value.$part} of ${parts.length} is missing`);
    return value.dtype === 'uint8' ? bytes : toFloats(bytes);
  });
}

/** Serializes a value to one byte array. */
export function packValue(value: unknown): Uint8Array {
  const { json, parts } = splitValue(value);
  const text = Buffer.from(json);
  const sizes = Buffer.alloc(4 * (parts.length + 2));
  [parts.length, text.length, ...parts.map(({ byteLength }) => byteLength)].forEach((size, index) =>
    sizes.writeUInt32LE(size, 4 * index),
  );
  return Buffer.concat([sizes, text, ...parts]);
}

/** @throws FanlightError `invalid-event` if the bytes are not a packed value */
export function unpackValue(packed: Uint8Array): unknown {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const count = bytes.length < 8 ? NaN : bytes.readUInt32LE(0);
  if (!(4 * (count + 2) <= bytes.length)) throw invalid('it is too short');
  const sizes = Array.from({ length: count + 1 }, (_, index) => bytes.readUInt32LE(4 * (index + 1)));
  let at = 4 * (count + 2);
  const pieces = sizes.map((size) => bytes.subarray(at, (at += size)));
  if (at !== bytes.length) throw invalid(`it has ${bytes.length} bytes instead of ${at}`);
  return joinValue({ json: pieces[0]?.toString() ?? '', parts: pieces.slice(1) });
}

function isPartReference(value: unknown): value is PartReference {
  return typeof value === 'object' && value !== null && '$part' in value && typeof value.$part === 'number';
}

function toFloats(bytes: Uint8Array): Float32Array {
  if (bytes.byteLength % 4 !== 0) throw invalid(`${bytes.byteLength} bytes are not a whole number of floats`);
  return floatsOfBytes(bytes);
}

function invalid(what: string): FanlightError {
  return new FanlightError({
    code: 'invalid-event',
    message: `The image task cannot be read: ${what}.`,
    remedy: 'Stage queues are internal; let only Fanlight workers of this version write to them.',
  });
}
