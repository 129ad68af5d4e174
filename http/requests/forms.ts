import { z } from 'zod';
import { ProblemError } from '../problems/problem.js';
import type { BodyLine } from '../bodies/lines.js';
import { readWhole, type BodyReadOptions, type WholeBody } from '../bodies/whole-body.js';
import type { HttpContext } from '../context.js';
import { parseDocument, parseQuery } from './validation.js';

/** One shape of a JSON document. A document is checked against the first shape whose `key` it has. */
export interface Alternative<Document> {
  /** Name among the components of the OpenAPI document. */
  readonly name: string;
  readonly key: string;
  readonly schema: z.ZodType<Document>;
  readonly example: Document;
}

/** A JSON document, without a query. */
export interface JsonForm<Document> {
  readonly kind: 'json';
  readonly mediaTypes: readonly string[];
  readonly limitBytes: number;
  /** A document without any of the keys is checked against the last alternative. */
  readonly alternatives: readonly [Alternative<Document>, ...Alternative<Document>[]];
}

/** A JSON document with one long list, whose elements are read while they arrive. */
export interface ListForm<Rest, Element> extends JsonForm<Rest> {
  /** Name of the member that is the list. */
  readonly key: string;
  readonly element: z.ZodType<Element>;
  /** Upper bound of the text of one element (bytes). */
  readonly elementBytes: number;
  /** Schema of the document without its elements. */
  readonly rest: z.ZodType<Rest>;
  /** Upper bound of the number of elements. */
  readonly most: number;
}

/** A file, with its fields in the query. */
export interface FileForm<Query> {
  readonly kind: 'file';
  readonly mediaTypes: readonly string[];
  readonly limitBytes: number;
  readonly query: z.ZodObject & z.ZodType<Query>;
}

/** A body that the route reads by itself. */
export interface BytesForm {
  readonly kind: 'bytes';
  readonly mediaTypes: readonly string[];
  readonly about: string;
}

/** JSON documents, one per line, without a bound on their number. The query has the fields that hold for all lines. */
export interface LinesForm<Query, Line> {
  readonly kind: 'lines';
  readonly mediaTypes: readonly string[];
  /** Upper bound of one line (bytes). */
  readonly limitBytes: number;
  readonly query: z.ZodObject & z.ZodType<Query>;
  /** Name of a line's shape among the components of the OpenAPI document. */
  readonly name: string;
  readonly schema: z.ZodType<Line>;
  readonly example: Line;
}

export type RequestForm = JsonForm<unknown> | FileForm<unknown> | LinesForm<unknown, unknown> | BytesForm;

/** Parses a line of a body. Throws `malformed-json`, and `invalid-request` with every invalid field. */
export function parseLine<T>(schema: z.ZodType<T>, { number, text }: BodyLine): T {
  const where = `Line ${number}`;
  try {
    return parseDocument(schema, JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new ProblemError({
        code: 'malformed-json',
        detail: `${where} cannot be read as JSON: ${error.message}`,
        remedy: 'Send one JSON document per line, such as {"url": "https://example.com/photo.jpg"}.',
      });
    }
    if (!(error instanceof ProblemError)) throw error;
    const { code, detail, remedy, errors = [] } = error.problem;
    throw new ProblemError({
      code,
      detail: `${where}: ${detail}`,
      remedy,
      errors: errors.map((each) => ({ ...each, detail: `${where}: ${each.detail}` })),
    });
  }
}

/**
 * Reads a JSON document. Throws `malformed-json`, `too-large`, `request-timeout`, `overloaded`, and `invalid-request`
 * with the invalid fields.
 */
export async function readDocument<Document>(
  { limitBytes, alternatives }: JsonForm<Document>,
  context: HttpContext,
  reading: BodyReadOptions,
): Promise<Document> {
  requireNoQuery(context);
  const { bytes } = await readWhole(context.get('body'), { ...reading, limitBytes, what: 'JSON document' });
  const document = parseJson(bytes);
  const has = (key: string) => typeof document === 'object' && document !== null && Object.hasOwn(document, key);
  const chosen = alternatives.find(({ key }) => has(key)) ?? alternatives.at(-1) ?? alternatives[0];
  return parseDocument(chosen.schema, document);
}

/**
 * Reads a file, after checking its query. Throws `invalid-request`, `too-large`, `request-timeout` and `overloaded`.
 */
export async function readFile<Query>(
  { limitBytes, query }: FileForm<Query>,
  context: HttpContext,
  reading: BodyReadOptions,
): Promise<WholeBody & { fields: Query }> {
  const fields = parseQuery<Query>(query, new URL(context.req.url).searchParams);
  return { fields, ...(await readWhole(context.get('body'), { ...reading, limitBytes, what: 'image' })) };
}

/** Throws `invalid-request` when the request has query parameters. */
export function requireNoQuery({ req }: HttpContext): void {
  parseQuery(z.strictObject({}), new URL(req.url).searchParams);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : 'unreadable');
  }
}

/** The answer to a body that is not a JSON document. @param why the end of the sentence */
export function notJson(why: string): ProblemError {
  return new ProblemError({
    code: 'malformed-json',
    detail: `The body cannot be read as JSON in UTF-8: ${why}`,
    remedy: 'Send a JSON document such as {"url": "https://example.com/photo.jpg"}.',
  });
}
