import type { SchemaName } from '../../schemas/topics.js';
import { decodeAvro, readerType, readWireFormat, writeWireFormat } from '../records/avro.js';
import type { Codec } from '../records/codec.js';

/** The wire format without a registry: every schema has the id 1. */
export function createMemoryCodec(): Codec {
  return {
    encode: (schema: SchemaName, _topic, value) =>
      Promise.resolve(writeWireFormat(1, readerType(schema).toBuffer(value))),
    async decode(schema, bytes) {
      const { payload } = readWireFormat(bytes, schema);
      return Promise.resolve(decodeAvro(schema, readerType(schema), undefined, payload));
    },
  };
}
