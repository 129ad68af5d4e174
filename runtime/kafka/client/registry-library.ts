import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { addressOf } from './registry-client.js';
import { system } from '../../../primitives/system.js';

/**
 * The registry library, bounded in time. Its failures do not say what happened: it reports a refused connection as
 * status 400. The caller asks again by `RegistryClient`, whose failures are exact.
 */
export interface RegistryLibrary {
  /** Registers a schema, and sets BACKWARD on a new subject. Returns the id of the schema. */
  register(subject: string, schema: string): Promise<number>;
  /** Returns the type of a stored Avro schema, with the types of other subjects that it names. */
  typeOf(id: number): Promise<avro.Type>;
}

export function createRegistryLibrary(url: string, timeoutMs: number): RegistryLibrary {
  const { base, credentials } = addressOf(url);
  const registry = new SchemaRegistry({
    host: base,
    ...(credentials === undefined ? {} : { auth: credentials }),
    // The patience of the codec decides how often a request is repeated.
    retry: { retries: 0 },
  });

  return {
    async register(subject, schema) {
      const options = { subject, compatibility: COMPATIBILITY.BACKWARD };
      const { id } = await within(timeoutMs, registry.register({ type: SchemaType.AVRO, schema }, options));
      return id;
    },
    async typeOf(id) {
      const type: unknown = await within(timeoutMs, registry.getSchema(id));
      if (!avro.Type.isType(type)) throw new Error(`schema ${id} is not an Avro schema`);
      return type as avro.Type;
    },
  };
}

/** Rejects after the time. The library has no timeout, and its request goes on. */
function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = system.schedule(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    work.then(resolve, reject).finally(() => cancel());
  });
}
