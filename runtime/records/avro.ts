import avro from 'avsc';
import { FanlightError } from '../../schemas/failure.js';
import { loadSchema } from '../../schemas/schema-files.js';
import { valueSchemas, type SchemaName } from '../../schemas/topics.js';

const names = Object.keys(valueSchemas) as SchemaName[];

/** Reader schemas: Fanlight's version of every schema. Unions with null are plain values. */
export const readerTypes: ReadonlyMap<SchemaName, avro.Type> = new Map(
  names.map((name) => [name, avro.Type.forSchema(JSON.parse(loadSchema(name)) as avro.Schema)]),
);

export function readerType(name: SchemaName): avro.Type {
  const type = readerTypes.get(name);
  if (!type) throw new Error(`no schema ${name}`);
  return type;
}

const wireHeaderBytes = 5;

/** Splits the Confluent wire format into schema id and payload. Throws `invalid-event`. */
export function readWireFormat(bytes: Buffer | null, schema: SchemaName): { schemaId: number; payload: Buffer } {
  if (!bytes || bytes.length < wireHeaderBytes || bytes[0] !== 0) {
    throw new FanlightError({
      code: 'invalid-event',
      message: `The record is not ${schema} in the Confluent wire format (${describe(bytes)}).`,
      remedy: 'Produce with a schema-registry serializer and the schema of the topic; see docs/events.md.',
    });
  }
  return { schemaId: bytes.readInt32BE(1), payload: bytes.subarray(wireHeaderBytes) };
}

export function writeWireFormat(schemaId: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(wireHeaderBytes + payload.length);
  bytes[0] = 0;
  bytes.writeInt32BE(schemaId, 1);
  payload.copy(bytes, wireHeaderBytes);
  return bytes;
}

/** Decodes with the writer's schema, resolved to the reader's schema. Throws `invalid-event`. */
export function decodeAvro(
  schema: SchemaName,
  writer: avro.Type,
  resolver: avro.Resolver | undefined,
  payload: Buffer,
): unknown {
  try {
    return resolver ? readerType(schema).fromBuffer(payload, resolver) : writer.fromBuffer(payload);
  } catch (cause) {
    throw new FanlightError({
      code: 'invalid-event',
      message: `The record does not match its ${schema} schema: ${(cause as Error).message}.`,
      remedy: 'Check the serializer of the producer against the registered schema.',
      cause,
    });
  }
}

function describe(bytes: Buffer | null): string {
  if (!bytes) return 'it has no value';
  return `its ${bytes.length} bytes start with 0x${bytes.subarray(0, wireHeaderBytes).toString('hex')}`;
}
