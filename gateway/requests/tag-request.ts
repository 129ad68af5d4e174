import { z } from 'zod';
import type { GatewayLimits } from '../limits.js';
import type { FieldError } from '../problems/problem.js';
import { ProblemError } from '../problems/problem.js';

/** What one request says about one image, apart from the image itself. */
export interface TagFields {
  readonly imageId?: string | undefined;
  readonly listingId?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly deadlineMs?: number | undefined;
}

export interface TagDocument extends TagFields {
  readonly url: string;
}

/** Parsers of the two forms of `POST /v1/tags`. All throw `invalid-request` with every wrong field, not the first only. */
export interface TagRequestParsers {
  /** The JSON form; also throws `malformed-json`. */
  document(body: Uint8Array): TagDocument;
  /** The image form has its fields in the query. */
  imageQuery(query: URLSearchParams): TagFields;
  /** The JSON form has none. */
  noQuery(query: URLSearchParams): void;
}

export function createTagRequestParsers(limits: GatewayLimits): TagRequestParsers {
  // Lone surrogates would turn into another id in UTF-8, and control characters break keys and logs.
  const id = z.string().max(limits.idLength).regex(/^[^\p{Cc}\p{Cs}]+$/u, 'Must be text of at least one character, without control characters');
  const deadlineMs = z.int().min(limits.minDeadlineMs).max(limits.maxDeadlineMs);
  const fields = { imageId: id.optional(), listingId: id.optional(), pipeline: z.string().max(limits.idLength).optional() };
  const documentSchema = z.strictObject({ url: photoUrl(limits.urlLength), ...fields, deadlineMs: deadlineMs.optional() });
  const querySchema = z.strictObject({
    ...fields,
    deadlineMs: z.string().regex(/^\d{1,9}$/, 'Must be a whole number').transform(Number).pipe(deadlineMs).optional(),
  });

  return {
    document(body) {
      return parse(documentSchema, parseJson(body), (path) => ({ pointer: pointerOf(path) }));
    },
    imageQuery(query) {
      return parse(querySchema, singleValues(query), (path) => ({ parameter: path.join('.') }));
    },
    noQuery(query) {
      parse(z.strictObject({}), singleValues(query), (path) => ({ parameter: path.join('.') }));
    },
  };
}

function photoUrl(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((text) => isHttpUrl(text), 'Must be an http or https URL')
    // They would stand in events, results and logs.
    .refine((text) => !isHttpUrl(text) || !hasCredentials(new URL(text)), 'Must not carry a user name or password');
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new ProblemError({
      code: 'malformed-json',
      detail: `The body can not be read as JSON in UTF-8: ${error instanceof Error ? error.message : 'unreadable'}`,
      remedy: 'Send a JSON document such as {"url": "https://example.com/photo.jpg"}.',
    });
  }
}

function singleValues(query: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(query.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = query.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

function parse<T>(schema: z.ZodType<T>, input: unknown, place: (path: readonly PropertyKey[]) => Partial<FieldError>): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue): FieldError[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.slice(0, 20).map((key) => ({ detail: 'Unknown field', ...place([...issue.path, key.slice(0, 100)]) }))
      : [{ detail: issue.message, ...place(issue.path) }],
  );
  throw new ProblemError({
    code: 'invalid-request',
    detail: errors.map(({ detail, pointer, parameter }) => `${pointer ?? parameter ?? ''}: ${detail}`).join('; '),
    remedy: 'Correct the fields listed in "errors".',
    errors,
  });
}

/** RFC 6901, sections 3 and 6. */
function pointerOf(path: readonly PropertyKey[]): string {
  const escaped = path.map((step) => escapeStep(String(step)));
  return ['#', ...escaped].join('/');
}

function escapeStep(step: string): string {
  // encodeURIComponent throws on lone surrogates.
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1').replace(/\p{Cs}/gu, '\uFFFD'));
}
