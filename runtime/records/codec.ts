import type { SchemaName } from '../../schemas/topics.js';

/** Confluent wire format: magic byte 0, four bytes schema id (big endian), Avro binary. */
export interface Codec {
  /** Throws when the value does not fit the schema: a defect of the caller. */
  encode(schema: SchemaName, topic: string, value: unknown): Promise<Buffer>;
  /** Resolves whatever version the writer used to our version of `schema`. Throws `invalid-event` when it cannot. */
  decode(schema: SchemaName, bytes: Buffer | null): Promise<unknown>;
}
