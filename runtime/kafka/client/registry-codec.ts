import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type avro from 'avsc';
import { FanlightError } from '../../../schemas/failure.js';
import { loadSchema } from '../../../schemas/schema-files.js';
import type { SchemaName } from '../../../schemas/topics.js';
import { decodeAvro, readerType, readWireFormat, writeWireFormat } from '../../records/avro.js';
import type { Codec } from '../../records/codec.js';

interface Writer {
  readonly type: avro.Type;
  readonly resolver: avro.Resolver | undefined;
}

/** Codec over a Confluent-compatible registry, with one subject per topic (`<topic>-value`, TopicNameStrategy). */
export function createRegistryCodec(
  registryUrl: string,
): Codec & { register(schema: SchemaName, topic: string): Promise<number> } {
  const registry = new SchemaRegistry({ host: registryUrl, retry: { retries: 5 } });
  const ids = new Map<string, Promise<number>>();
  const writers = new Map<string, Promise<Writer>>();

  /**
   * Registers Fanlight's version of the schema, and sets BACKWARD on a new subject. The registry refuses a schema that
   * cannot read records of the previous version.
   */
  function register(schema: SchemaName, topic: string): Promise<number> {
    const subject = `${topic}-value`;
    const known = ids.get(subject);
    if (known) return known;
    const registering = registry
      .register(
        { type: SchemaType.AVRO, schema: loadSchema(schema) },
        { subject, compatibility: COMPATIBILITY.BACKWARD },
      )
      .then(({ id }) => id)
      .catch((cause: unknown) => {
        ids.delete(subject);
        throw registrationFailure(subject, registryUrl, cause);
      });
    ids.set(subject, registering);
    return registering;
  }

  function writerOf(schema: SchemaName, id: number): Promise<Writer> {
    const key = `${schema}/${id}`;
    const known = writers.get(key);
    if (known) return known;
    const loading = loadWriter(schema, id).catch((error: unknown) => {
      writers.delete(key);
      throw error;
    });
    writers.set(key, loading);
    return loading;
  }

  async function loadWriter(schema: SchemaName, id: number): Promise<Writer> {
    let type: avro.Type;
    try {
      type = (await registry.getSchema(id)) as unknown as avro.Type;
    } catch (cause) {
      const status = (cause as { status?: number }).status;
      if (status !== 404) throw unavailable(registryUrl, cause);
      throw new FanlightError({
        code: 'invalid-event',
        message: `The record names schema ${id}, which the registry does not know.`,
        remedy: 'Register the schema under the topic before producing; see docs/events.md.',
        cause,
      });
    }
    const reader = readerType(schema);
    try {
      return { type: reader, resolver: reader.createResolver(type) };
    } catch (cause) {
      throw new FanlightError({
        code: 'invalid-event',
        message: `The record was written with schema ${id}, which cannot be read as ${schema}: ${(cause as Error).message}.`,
        remedy: 'Produce with the schema registered for the topic, or a compatible one.',
        cause,
      });
    }
  }

  return {
    register,
    async encode(schema, topic, value) {
      const id = await register(schema, topic);
      return writeWireFormat(id, readerType(schema).toBuffer(value));
    },
    async decode(schema, bytes) {
      const { schemaId, payload } = readWireFormat(bytes, schema);
      const { type, resolver } = await writerOf(schema, schemaId);
      return decodeAvro(schema, type, resolver, payload);
    },
  };
}

function registrationFailure(subject: string, registryUrl: string, cause: unknown): FanlightError {
  const status = (cause as { status?: number }).status;
  if (status === undefined || status >= 500) return unavailable(registryUrl, cause);
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The registry refused the schema of ${subject}: ${(cause as Error).message}.`,
    remedy: 'Change the schema so that it still reads records of the previous version (BACKWARD), or use a new topic.',
    cause,
  });
}

function unavailable(registryUrl: string, cause: unknown): FanlightError {
  return new FanlightError({
    code: 'store-unavailable',
    message: `The schema registry at ${registryUrl} is unavailable: ${(cause as Error).message}.`,
    remedy: 'Start the registry or set FANLIGHT_REGISTRY_URL.',
    cause,
  });
}
