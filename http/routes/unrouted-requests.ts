import type { HttpContext } from '../context.js';
import { ProblemError } from '../problems/problem.js';
import type { Route } from '../route.js';

/** A problem quotes this many characters of a path, because a path may have 16 KiB. */
const quotedCharacters = 200;

export function noSuchRoute({ req }: HttpContext): ProblemError {
  return new ProblemError({
    code: 'no-such-route',
    detail: `There is no route at ${req.path.slice(0, quotedCharacters)}.`,
    remedy: 'GET / lists all routes.',
  });
}

/** Answers OPTIONS with the methods of a path, and refuses all methods that the path does not support. */
export function otherMethods(routes: readonly Route[]): (context: HttpContext) => Response {
  const allow = [...routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'].join(
    ', ',
  );

  return function otherMethods(context) {
    if (context.req.method === 'OPTIONS') return context.body(null, 204, { allow });
    throw new ProblemError({
      code: 'method-not-allowed',
      detail: `${context.req.path.slice(0, quotedCharacters)} does not support ${context.req.method.slice(0, 20)}.`,
      remedy: `Use ${allow}.`,
      headers: { allow },
    });
  };
}
