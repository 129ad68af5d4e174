import type { HttpContext } from '../context.js';
import type { ProblemError } from '../problems/problem.js';

/** Creates the answer to a request that middleware refuses. */
export type Refuse = (error: ProblemError, context: HttpContext) => Response;
