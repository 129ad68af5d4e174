import { z } from 'zod';
import type { FailureCode } from '../../schemas/failure.js';
import { asFanlightError } from '../../schemas/failure.js';
import type { ProblemType } from './failure-problems.js';
import { failureProblems } from './failure-problems.js';
import type { RequestProblemCode } from './request-problems.js';
import { requestProblems } from './request-problems.js';

export type ProblemCode = FailureCode | RequestProblemCode;

export const problemTypes: Readonly<Record<ProblemCode, ProblemType>> = { ...failureProblems, ...requestProblems };

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemTypes, code);
}

/** One invalid part of a request, after the example in RFC 9457, section 3. */
const fieldErrorSchema = z.object({
  detail: z.string(),
  pointer: z.string().optional().describe('JSON Pointer as a URI fragment (RFC 6901, section 6) into a JSON body.'),
  parameter: z.string().optional().describe('Name of a query parameter.'),
});

export type FieldError = Readonly<z.infer<typeof fieldErrorSchema>>;

/** RFC 9457 problem details; `code`, `remedy` and `errors` are extension members. */
export const problemSchema = z
  .object({
    type: z.string().meta({
      format: 'uri-reference',
      description: 'URI of the problem type, relative to the gateway. A GET explains it.',
    }),
    title: z.string().describe('The same for every occurrence.'),
    status: z.int(),
    detail: z.string().describe('The error of this occurrence.'),
    instance: z.string().describe('The request id.'),
    code: z.enum(Object.keys(problemTypes) as [ProblemCode, ...ProblemCode[]]).describe('The last part of `type`.'),
    remedy: z.string().describe('One sentence: what the client can do.'),
    errors: z.array(fieldErrorSchema).optional().describe('Every invalid part of the request.'),
  })
  .meta({ description: 'Problem details (RFC 9457).' });

export type Problem = Readonly<z.infer<typeof problemSchema>>;

export interface ProblemOptions {
  readonly code: RequestProblemCode;
  readonly detail: string;
  readonly remedy: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldError[];
}

/** Routes throw it for an error in the request itself. Other failures are `FanlightError`s. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly problem: ProblemOptions,
    options?: ErrorOptions,
  ) {
    super(problem.detail, options);
  }
}

/** The problem details for a thrown value, and their header fields. */
export function problemOf(thrown: unknown, requestId: string): { problem: Problem; headers: Record<string, string> } {
  const options = thrown instanceof ProblemError ? thrown.problem : failureOptions(thrown);
  const type = problemTypes[options.code];
  return {
    problem: {
      type: `/problems/${options.code}`,
      title: type.title,
      status: type.status,
      detail: options.detail,
      instance: requestId,
      code: options.code,
      remedy: options.remedy,
      ...(options.errors === undefined ? {} : { errors: [...options.errors] }),
    },
    headers: { ...(type.retryAfter === undefined ? {} : { 'retry-after': `${type.retryAfter}` }), ...options.headers },
  };
}

/** Failures whose messages name servers and buckets, so that clients must not see them. */
const internalFailures: ReadonlySet<ProblemCode> = new Set(['store-unavailable', 'sink-unavailable']);

function failureOptions(thrown: unknown): Omit<ProblemOptions, 'code'> & { code: ProblemCode } {
  const { code, message, remedy } = asFanlightError(thrown);
  const { status, title } = failureProblems[code];
  if (internalFailures.has(code))
    return { code, detail: `${title} at the moment.`, remedy: 'Try again after the time in Retry-After.' };
  if (status !== 500) return { code, detail: message, remedy };
  // Messages of failures with status 500 name hosts, files and models.
  return {
    code,
    detail: 'Fanlight could not answer because of an internal error.',
    remedy: 'Try again. If the error persists, send the request id to the operator of this gateway.',
  };
}
