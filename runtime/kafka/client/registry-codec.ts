import type avro from 'avsc';
import { FanlightError } from '../../../schemas/failure.js';
import { loadSchema } from '../../../schemas/schema-files.js';
import type { SchemaName } from '../../../schemas/topics.js';
import { decodeAvro, readerType, readWireFormat, writeWireFormat } from '../../records/avro.js';
import type { Codec } from '../../records/codec.js';
import { createRegistryClient, RegistryRefusal } from './registry-client.js';
import { createRegistryLibrary } from './registry-library.js';
import { noPatience, type Patience } from './registry-patience.js';
import { writerType } from './writer-type.js';

interface Writer {
  readonly type: avro.Type;
  readonly resolver: avro.Resolver | undefined;
}

export interface RegistryCodecOptions {
  /** Upper bound of a request (ms). Default: 5 s. */
  readonly timeoutMs?: number;
  /** Patience of `register` and `encode`. Default: none. */
  readonly registering?: Patience;
  /** Patience of `decode`. Default: none. */
  readonly lookingUp?: Patience;
}

const compatibility = 'BACKWARD';
const defaultTimeoutMs = 5_000;

/**
 * Codec over a Confluent-compatible registry, with one subject per topic (`<topic>-value`, TopicNameStrategy). It
 * throws `store-unavailable` for a registry that does not answer, once its patience ends.
 */
export function createRegistryCodec(
  registryUrl: string,
  { timeoutMs = defaultTimeoutMs, registering = noPatience, lookingUp = noPatience }: RegistryCodecOptions = {},
): Codec & { register(schema: SchemaName, topic: string): Promise<number> } {
  const library = createRegistryLibrary(registryUrl, timeoutMs);
  const registry = createRegistryClient(registryUrl, timeoutMs);
  const ids = new Map<string, Promise<number>>();
  const writers = new Map<string, Promise<Writer>>();

  /**
   * Registers Fanlight's version of the schema, and sets BACKWARD on a new subject. The registry refuses a schema that
   * cannot read records of the previous version.
   */
  function register(schema: SchemaName, topic: string): Promise<number> {
    const subject = `${topic}-value`;
    return remember(ids, subject, () => registering(() => registerUnder(subject, loadSchema(schema))));
  }

  async function registerUnder(subject: string, schema: string): Promise<number> {
    try {
      await ensureCompatibility(subject);
      // Whatever made the library fail, the second request succeeds or says what it was.
      return await library.register(subject, schema).catch(() => registry.register(subject, schema));
    } catch (error) {
      throw error instanceof RegistryRefusal ? refused(subject, error) : error;
    }
  }

  /**
   * Sets it before there is a schema. The library does so afterwards, and an end between the two would leave a subject
   * without compatibility, which everyone then refuses.
   */
  async function ensureCompatibility(subject: string): Promise<void> {
    const found = await registry.compatibilityOf(subject);
    if (found === undefined) return registry.setCompatibility(subject, compatibility);
    if (found !== compatibility) throw incompatible(subject, found);
  }

  function writerOf(schema: SchemaName, id: number): Promise<Writer> {
    return remember(writers, `${schema}/${id}`, () => lookingUp(() => loadWriter(schema, id)));
  }

  async function loadWriter(schema: SchemaName, id: number): Promise<Writer> {
    const reader = readerType(schema);
    // Again, the second request says what went wrong.
    const known = await library.typeOf(id).then(
      (type) => ({ type }),
      async () => ({ stored: await storedSchema(id) }),
    );
    try {
      const type = 'type' in known ? known.type : await writerType(known.stored, registry);
      return { type: reader, resolver: reader.createResolver(type) };
    } catch (cause) {
      if (cause instanceof FanlightError) throw cause;
      throw new FanlightError({
        code: 'invalid-event',
        message: `The record was written with schema ${id}, which cannot be read as ${schema}: ${(cause as Error).message}.`,
        remedy: 'Produce with the schema registered for the topic, or a compatible one.',
        cause,
      });
    }
  }

  async function storedSchema(id: number) {
    const stored = await registry.schemaOf(id).catch((error: unknown) => {
      throw error instanceof RegistryRefusal ? lookUpRefused(id, error) : error;
    });
    if (stored !== undefined) return stored;
    throw new FanlightError({
      code: 'invalid-event',
      message: `The record names schema ${id}, which the registry does not know.`,
      remedy: 'Register the schema under the topic before producing; see docs/events.md.',
    });
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

/** Returns the known promise, or begins the work. Callers share a promise, and a failure is forgotten. */
function remember<T>(known: Map<string, Promise<T>>, key: string, begin: () => Promise<T>): Promise<T> {
  const found = known.get(key);
  if (found) return found;
  const begun = begin().catch((error: unknown) => {
    known.delete(key);
    throw error;
  });
  known.set(key, begun);
  return begun;
}

function incompatible(subject: string, found: string): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The subject ${subject} has the compatibility ${found} in the registry, not ${compatibility}.`,
    remedy: `Set ${compatibility} on the subject, or use another registry.`,
  });
}

function refused(subject: string, refusal: RegistryRefusal): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The registry refused the schema of ${subject}: ${sentenceOf(refusal)}.`,
    remedy: remedyOf(
      refusal,
      'Change the schema so that it still reads records of the previous version (BACKWARD), or use a new topic.',
    ),
    cause: refusal,
  });
}

function lookUpRefused(id: number, refusal: RegistryRefusal): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `The registry refused to return schema ${id}: ${sentenceOf(refusal)}.`,
    remedy: remedyOf(refusal, 'Check FANLIGHT_REGISTRY_URL.'),
    cause: refusal,
  });
}

function sentenceOf({ message }: RegistryRefusal): string {
  return message.replace(/\.$/, '');
}

/** Refusals of the client, the path or the method are not about the schema. */
function remedyOf({ status }: RegistryRefusal, otherwise: string): string {
  if (status === 401 || status === 403)
    return 'Put a user and a password with the right to register into FANLIGHT_REGISTRY_URL.';
  if (status === 404 || status === 405) return 'Check FANLIGHT_REGISTRY_URL, which must end before /subjects.';
  return otherwise;
}
