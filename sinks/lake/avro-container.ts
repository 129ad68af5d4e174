import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import avro from 'avsc';

/** Encodes one value; throws when it does not fit the schema. */
export interface AvroEncoder {
  /** The schema as JSON, docs and logical types included, for the file's header. */
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

/** Records in a block: large enough to compress well, small enough to be skipped cheaply. */
const recordsPerBlock = 500;

/**
 * An Avro 1.11 object container file, codec deflate. The library's own writer draws its sync marker at random; here it
 * follows from `identity`, so that the same records under the same identity are the same bytes.
 *
 * `metadata` goes into the header beside `avro.schema`; keys must not begin with `avro.`, which the format reserves.
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
