import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import avro from 'avsc';

/** Encodes one value. Throws if the value does not fit the schema. */
export interface AvroEncoder {
  /** Schema as JSON for the header of the file, including docs and logical types. */
  readonly schema: string;
  encode(value: unknown): Buffer;
}

export function avroEncoder(schemaText: string): AvroEncoder {
  const schema: unknown = JSON.parse(schemaText);
  const type = avro.Type.forSchema(schema as Parameters<typeof avro.Type.forSchema>[0]);
  return { schema: JSON.stringify(schema), encode: (value) => type.toBuffer(value) };
}

const deflate = promisify(deflateRaw);
const longType = avro.Type.forSchema('long');
const metadataType = avro.Type.forSchema({ type: 'map', values: 'bytes' });
const magic = Buffer.from('Obj\u0001', 'latin1');

/**
 * Returns the metadata of a container file, or of its first bytes. Returns `truncated` if the metadata is longer than
 * these bytes, and undefined if they are not the beginning of a container file.
 */
export function containerMetadata(bytes: Buffer): Readonly<Record<string, string>> | 'truncated' | undefined {
  const begin = bytes.subarray(0, magic.length);
  if (!begin.equals(magic.subarray(0, bytes.length))) return undefined;
  if (begin.length < magic.length) return 'truncated';
  let decoded: { readonly value?: unknown; readonly offset: number };
  try {
    decoded = metadataType.decode(bytes, magic.length);
  } catch {
    return undefined; // lengths that no map has
  }
  if (decoded.offset < 0) return 'truncated';
  const entries = Object.entries(decoded.value as Readonly<Record<string, Buffer>>);
  return Object.fromEntries(entries.map(([key, value]) => [key, value.toString()]));
}

/** Records in a block: enough to compress well, and few enough for a reader to skip the block cheaply. */
const recordsPerBlock = 500;

/**
 * Returns an Avro 1.11 object container file with the codec deflate. The sync marker is derived from `identity`, so the
 * same records under the same identity give the same bytes. The library's own writer draws a random marker.
 *
 * `metadata` goes into the header beside `avro.schema`. Its keys must not begin with `avro.`: the format reserves it.
 */
export async function avroContainer(
  schema: string,
  encoded: readonly Buffer[],
  identity: string,
  metadata: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const sync = createHash('sha256').update(identity).digest().subarray(0, 16);
  const header = { 'avro.schema': schema, 'avro.codec': 'deflate', ...metadata };
  const headerBytes = Object.fromEntries(Object.entries(header).map(([key, value]) => [key, Buffer.from(value)]));
  const parts: Buffer[] = [magic, metadataType.toBuffer(headerBytes), sync];
  for (let start = 0; start < encoded.length; start += recordsPerBlock) {
    const block = encoded.slice(start, start + recordsPerBlock);
    const body = await deflate(Buffer.concat(block), { level: 4 });
    parts.push(longType.toBuffer(block.length), longType.toBuffer(body.length), body, sync);
  }
  return Buffer.concat(parts);
}
