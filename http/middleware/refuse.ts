import type { HttpContext } from '../context.js';
import type { ProblemError } from '../problems/problem.js';

/** Makes the answer to a request that middleware does not let through to a route. */
export type Refuse = (error: ProblemError, context: HttpContext) => Response;
