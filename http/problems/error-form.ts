import { z } from 'zod';
import { problemSchema, type Problem } from './problem.js';

/** How a route tells what went wrong. */
export interface ErrorForm {
  readonly mediaType: string;
  /** Among the components of the OpenAPI document. */
  readonly name: string;
  readonly schema: z.ZodType;
  render(problem: Problem): object;
}

/** RFC 9457. */
export const problemDetails: ErrorForm = {
  mediaType: 'application/problem+json',
  name: 'Problem',
  schema: problemSchema,
  render: (problem) => problem,
};

/** The one text that clients of the Open Inference Protocol read: what went wrong, what to do, and the code. */
export const inferenceError: ErrorForm = {
  mediaType: 'application/json',
  name: 'InferenceError',
  schema: z.object({
    error: z
      .string()
      .describe('What went wrong, what to do, and in brackets the code: `/problems/<code>` explains it.'),
  }),
  render({ detail, remedy, code, errors }) {
    // Each wrong field is named in the detail already.
    return { error: `${detail}${errors === undefined ? ` ${remedy}` : '.'} (${code})` };
  },
};

/** The form of a refusal that no route makes; clients of `/v2` read that of the Open Inference Protocol. */
export function errorFormOf(path: string): ErrorForm {
  return /^\/v2(?:\/|$)/.test(path) ? inferenceError : problemDetails;
}
