import { z } from 'zod';
import { problemTypes, type ProblemCode } from '../problems/problem.js';
import type { Route } from '../route.js';
import { noSuchRoute } from './unrouted-requests.js';

/** `GET /problems/:code`: the page behind the `type` of a problem. */
export function problemPageRoute(): Route {
  const codes = Object.keys(problemTypes) as [ProblemCode, ...ProblemCode[]];
  const parameters = z.object({ code: z.enum(codes).describe('The `code` of a problem.') });
  return {
    method: 'GET',
    path: '/problems/:code',
    id: 'getProblem',
    about: 'The meaning of a problem, by its code.',
    scope: null,
    parameters,
    answers: { 200: { about: 'The meaning, for people.', mediaType: 'text/plain' } },
    problems: ['no-such-route'],
    handle(context) {
      const { data } = parameters.safeParse(context.req.param());
      if (data === undefined) throw noSuchRoute(context);
      const { status, title, retryAfter } = problemTypes[data.code];
      const again = retryAfter === undefined ? '' : `The same request may succeed after ${retryAfter} s.\n`;
      return context.text(
        `${data.code} (${status})\n\n${title}.\n${again}The "detail" and "remedy" of the answer are more specific.\n`,
      );
    },
  };
}
