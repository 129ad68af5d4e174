import type { Route } from '../context.js';
import { isProblemCode, problemTypes } from '../problems/problem.js';
import { noSuchRoute } from './unrouted.js';

/** What the `type` of a problem leads to. */
export function problemPageRoute(): Route {
  return {
    method: 'GET',
    path: '/problems/:code',
    about: 'What a problem means, by its code.',
    handle(context) {
      const code = context.req.param('code') ?? '';
      if (!isProblemCode(code)) throw noSuchRoute(context);
      const { status, title, retryAfter } = problemTypes[code];
      const again = retryAfter === undefined ? '' : `The same request may work ${retryAfter} seconds later.\n`;
      return context.text(`${code} (${status})\n\n${title}.\n${again}The "detail" and "remedy" of the answer say more.\n`);
    },
  };
}
