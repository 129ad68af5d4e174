import { failureProblems } from '../../http/problems/failure-problems.js';
import type { ProblemCode } from '../../http/problems/problem.js';

/** What a request for tags may be answered with: every failure of an image, and what is wrong with the request. */
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
