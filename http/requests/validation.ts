import type { z } from 'zod';
import { pointerOf } from '../problems/json-pointer.js';
import type { FieldError } from '../problems/problem.js';
import { ProblemError } from '../problems/problem.js';

/** Most invalid fields that an answer lists, so that the answer is not longer than the request. */
export const mostErrors = 100;
/** Most invalid fields that the detail of the problem names. */
const errorsInDetail = 20;

/** Checks a JSON body. Throws `invalid-request` with each invalid field by its JSON pointer. */
export function parseDocument<T>(schema: z.ZodType<T>, document: unknown): T {
  return valueOrThrow(check(schema, document, locateByPointer([])));
}

/** Checks a query. Throws `invalid-request` with the invalid parameters. */
export function parseQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  return valueOrThrow(check(schema, singleValues(query), (path) => ({ parameter: path.join('.') })));
}

export type Checked<T> = { readonly value: T } | { readonly errors: readonly FieldError[] };

/** Checks a part of a JSON document. @param above path of the part in the document */
export function checkPart<T>(schema: z.ZodType<T>, part: unknown, above: readonly PropertyKey[]): Checked<T> {
  return check(schema, part, locateByPointer(above));
}

/** The answer to a request with invalid fields. */
export function invalidFields(all: readonly FieldError[]): ProblemError {
  const errors = all.slice(0, mostErrors);
  const named = errors
    .slice(0, errorsInDetail)
    .map(({ detail, pointer, parameter }) => `${pointer ?? parameter ?? ''}: ${detail}`);
  const more = all.length > errorsInDetail ? '; and more' : '';
  return new ProblemError({
    code: 'invalid-request',
    detail: `${named.join('; ')}${more}`,
    remedy: 'Correct the fields listed in "errors".',
    errors,
  });
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

type LocateField = (path: readonly PropertyKey[]) => Partial<FieldError>;

function locateByPointer(above: readonly PropertyKey[]): LocateField {
  return (path) => ({ pointer: pointerOf([...above, ...path]) });
}

function check<T>(schema: z.ZodType<T>, input: unknown, locate: LocateField): Checked<T> {
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data };
  return { errors: result.error.issues.flatMap((issue) => fieldErrors(issue, [], locate)) };
}

function valueOrThrow<T>(checked: Checked<T>): T {
  if ('errors' in checked) throw invalidFields(checked.errors);
  return checked.value;
}

function fieldErrors(issue: z.core.$ZodIssue, above: readonly PropertyKey[], locate: LocateField): FieldError[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 20).map((key) => ({ detail: 'Unknown field', ...locate([...path, key.slice(0, 100)]) }));
  }
  // Reports the errors of the alternative that the value matches at its top level.
  const inside =
    issue.code === 'invalid_union'
      ? issue.errors.find((issues) => issues.every((each) => each.path.length > 0))
      : undefined;
  if (inside !== undefined) return inside.flatMap((each) => fieldErrors(each, path, locate));
  return [{ detail: issue.message, ...locate(path) }];
}
