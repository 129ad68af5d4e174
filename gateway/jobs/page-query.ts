import { z } from 'zod';
import { ProblemError } from '../../http/problems/problem.js';
import { queryInteger } from '../../http/requests/query-numbers.js';

/**
 * Which page, and how much of it. @param what is on the page; @param size of a page unless told, and at most; @param
 * cursor what one looks like
 */
export function pageQuery(what: string, cursor: RegExp, size: { readonly usual: number; readonly most: number }) {
  return z.strictObject({
    cursor: z
      .string()
      .max(100)
      .optional()
      .meta({ pattern: cursor.source, description: 'Where to go on, from the `Link` of the page before.' }),
    limit: queryInteger(z.int().min(1).max(size.most))
      .optional()
      .describe(`${what} on the page at most, from 1 to ${size.most}; ${size.usual} unless told.`),
  });
}

export function foreignCursor(): ProblemError {
  return new ProblemError({
    code: 'invalid-cursor',
    detail: 'The cursor is none that this gateway has given.',
    remedy: 'Take the whole URL from the Link of the page before.',
  });
}
