import type { SchemaName } from '../../schemas/topics.js';

/** Encodes and decodes the Confluent wire format: magic byte 0, four bytes schema id (big endian), Avro binary. */
export interface Codec {
  /** Throws when the value does not match the schema, which is a defect of the caller. */
  encode(schema: SchemaName, topic: string, value: unknown): Promise<Buffer>;
  /** Resolves the writer's version of `schema` to Fanlight's version. Throws `invalid-event` if that is impossible. */
  decode(schema: SchemaName, bytes: Buffer | null): Promise<unknown>;
}
