import type { z } from 'zod';
import type { FieldError } from '../problems/problem.js';
import { ProblemError } from '../problems/problem.js';

/** Throws `invalid-request` with every wrong field of a JSON body, each by its JSON pointer. */
export function parseDocument<T>(schema: z.ZodType<T>, document: unknown): T {
  return parse(schema, document, (path) => ({ pointer: pointerOf(path) }));
}

/** Throws `invalid-request` with every wrong parameter of a query. */
export function parseQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  return parse(schema, singleValues(query), (path) => ({ parameter: path.join('.') }));
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

type Place = (path: readonly PropertyKey[]) => Partial<FieldError>;

function parse<T>(schema: z.ZodType<T>, input: unknown, place: Place): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => fieldErrors(issue, [], place));
  throw new ProblemError({
    code: 'invalid-request',
    detail: errors.map(({ detail, pointer, parameter }) => `${pointer ?? parameter ?? ''}: ${detail}`).join('; '),
    remedy: 'Correct the fields listed in "errors".',
    errors,
  });
}

function fieldErrors(issue: z.core.$ZodIssue, above: readonly PropertyKey[], place: Place): FieldError[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 20).map((key) => ({ detail: 'Unknown field', ...place([...path, key.slice(0, 100)]) }));
  }
  // Of the forms that a value may have, the one that it has is wrong further inside.
  const inside = issue.code === 'invalid_union' ? issue.errors.find((issues) => issues.every((each) => each.path.length > 0)) : undefined;
  if (inside !== undefined) return inside.flatMap((each) => fieldErrors(each, path, place));
  return [{ detail: issue.message, ...place(path) }];
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
