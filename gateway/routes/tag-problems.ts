import { failureProblems } from '../../http/problems/failure-problems.js';
import type { ProblemCode } from '../../http/problems/problem.js';

/** Problems of a request for tags: every failure of an image, and errors in the request. */
export const tagProblems: readonly ProblemCode[] = [
  ...(Object.keys(failureProblems) as (keyof typeof failureProblems)[]),
  'malformed-json',
  'invalid-request',
  'unavailable-models',
  'models-not-served',
  'not-acceptable',
  'unsupported-media-type',
  'overloaded',
];
