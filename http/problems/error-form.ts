import { z } from 'zod';
import { problemSchema, type Problem } from './problem.js';

/** Format of error answers. */
export interface ErrorForm {
  readonly mediaType: string;
  /** Name among the components of the OpenAPI document. */
  readonly name: string;
  readonly schema: z.ZodType;
  render(problem: Problem): object;
}

/** Problem details (RFC 9457). */
export const problemDetails: ErrorForm = {
  mediaType: 'application/problem+json',
  name: 'Problem',
  schema: problemSchema,
  render: (problem) => problem,
};

/** The single text that clients of the Open Inference Protocol read: the detail, the remedy and the code. */
export const inferenceError: ErrorForm = {
  mediaType: 'application/json',
  name: 'InferenceError',
  schema: z.object({
    error: z
      .string()
      .describe('The detail, the remedy, and in brackets the code. `/problems/<code>` explains the code.'),
  }),
  render({ detail, remedy, code, errors }) {
    // With `errors`, the detail already names each invalid field.
    return { error: `${detail}${errors === undefined ? ` ${remedy}` : '.'} (${code})` };
  },
};

/** The error format for a path without a route. Clients of `/v2` expect the format of the Open Inference Protocol. */
export function errorFormOf(path: string): ErrorForm {
  return /^\/v2(?:\/|$)/.test(path) ? inferenceError : problemDetails;
}
