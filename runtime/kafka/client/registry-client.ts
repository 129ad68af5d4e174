import { FanlightError } from '../../../schemas/failure.js';
import { system } from '../../../primitives/system.js';

/** A schema as the registry stores it. */
export interface StoredSchema {
  readonly schema: string;
  /** Default: AVRO. */
  readonly schemaType?: string;
  /** Other subjects whose types the schema names. */
  readonly references?: readonly SchemaReference[];
}

export interface SchemaReference {
  readonly subject: string;
  readonly version: number;
}

/** The registry answered and refused: a repetition of the request gets the same answer. */
export class RegistryRefusal extends Error {
  override readonly name = 'RegistryRefusal';

  constructor(
    /** HTTP status, 4xx. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Requests to a Confluent-compatible registry, for when the library has failed: they throw `store-unavailable` or a
 * `RegistryRefusal`, and so tell an outage from a refusal.
 */
export interface RegistryClient {
  /** Returns the id of the schema, which may be registered already. */
  register(subject: string, schema: string): Promise<number>;
  /** Returns the compatibility that was set on the subject itself; undefined: none was. */
  compatibilityOf(subject: string): Promise<string | undefined>;
  setCompatibility(subject: string, compatibility: string): Promise<void>;
  /** Returns the schema with this id; undefined: the registry has none. */
  schemaOf(id: number): Promise<StoredSchema | undefined>;
  versionOf(reference: SchemaReference): Promise<StoredSchema>;
}

const contentType = 'application/vnd.schemaregistry.v1+json';

/** Refusals that concern the moment, not the request: timeout, too early, too many requests. */
const momentary = new Set([408, 425, 429]);

/**
 * @param url may contain a user and a password
 * @param timeoutMs upper bound of a request with its answer (ms)
 */
export function createRegistryClient(url: string, timeoutMs: number): RegistryClient {
  const { base, credentials } = addressOf(url);
  const authorization =
    credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;

  async function request(method: string, path: string, body?: unknown): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          accept: `${contentType}, application/json`,
          ...(body === undefined ? {} : { 'content-type': contentType }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: system.timeout(timeoutMs),
      });
      status = response.status;
      text = await response.text();
    } catch (cause) {
      throw unavailable(base, reasonOf(cause, timeoutMs), cause);
    }
    const answer = parsed(text);
    if (status >= 500 || momentary.has(status)) throw unavailable(base, `it answered ${describe(status, answer)}`);
    // An ingress answers so while no registry is behind it. A registry itself says what is missing.
    if (status === 404 && answer === undefined) throw unavailable(base, 'it answered 404 without JSON');
    if (status >= 400) throw new RegistryRefusal(status, describe(status, answer));
    // A proxy or a registry that is starting may answer with a page.
    if (answer === undefined) throw unavailable(base, 'its answer is not JSON');
    return answer;
  }

  return {
    async register(subject, schema) {
      const answer = await request('POST', `/subjects/${encodeURIComponent(subject)}/versions`, { schema });
      return (answer as { id: number }).id;
    },
    async compatibilityOf(subject) {
      const answer = await unlessMissing(request('GET', `/config/${encodeURIComponent(subject)}`));
      return (answer as { compatibilityLevel: string } | undefined)?.compatibilityLevel.toUpperCase();
    },
    async setCompatibility(subject, compatibility) {
      await request('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility });
    },
    async schemaOf(id) {
      return (await unlessMissing(request('GET', `/schemas/ids/${id}`))) as StoredSchema | undefined;
    },
    async versionOf({ subject, version }) {
      return (await request('GET', `/subjects/${encodeURIComponent(subject)}/versions/${version}`)) as StoredSchema;
    },
  };
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RegistryRefusal && error.status === 404) return undefined;
    throw error;
  }
}

export interface RegistryAddress {
  readonly base: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** Splits the URL, because `fetch` takes no user and password in it. */
export function addressOf(url: string): RegistryAddress {
  const address = new URL(url);
  const { username, password } = address;
  address.username = '';
  address.password = '';
  const base = address.href.replace(/\/+$/, '');
  if (username === '') return { base, credentials: undefined };
  return { base, credentials: { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function describe(status: number, answer: unknown): string {
  const message = (answer as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' && message !== '' ? `${status}: ${message}` : String(status);
}

/** `fetch` says only "fetch failed"; its cause has the reason. A name with several addresses has one for each. */
function reasonOf(thrown: unknown, timeoutMs: number): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (cause instanceof AggregateError) return cause.errors.map((error: Error) => error.message).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}

function unavailable(base: string, reason: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'store-unavailable',
    message: `The schema registry at ${base} is unavailable: ${reason.replace(/\.$/, '')}.`,
    remedy: 'Start the registry or set FANLIGHT_REGISTRY_URL.',
    cause,
  });
}
