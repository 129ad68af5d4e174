import { z } from 'zod';
import { ProblemError } from '../../http/problems/problem.js';
import { queryInteger } from '../../http/requests/query-numbers.js';

/**
 * Returns the query parameters of a paged list.
 *
 * @param entries plural name of the entries, such as `Jobs`
 * @param cursor pattern of a cursor
 * @param size number of entries per page
 */
export function pageQuery(entries: string, cursor: RegExp, size: { readonly default: number; readonly max: number }) {
  return z.strictObject({
    cursor: z
      .string()
      .max(100)
      .optional()
      .meta({ pattern: cursor.source, description: 'The cursor from the `Link` of the previous page.' }),
    limit: queryInteger(z.int().min(1).max(size.max))
      .optional()
      .describe(`${entries} per page, from 1 to ${size.max}. Default: ${size.default}.`),
  });
}

export function foreignCursor(): ProblemError {
  return new ProblemError({
    code: 'invalid-cursor',
    detail: 'The cursor is not one that the gateway returned.',
    remedy: 'Take the whole URL from the Link of the previous page.',
  });
}
