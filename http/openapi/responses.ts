import { STATUS_CODES } from 'node:http';
import { problemDetails, type ErrorForm } from '../problems/error-form.js';
import { problemTypes, type Problem, type ProblemCode } from '../problems/problem.js';
import type { Answer } from '../route.js';
import { oneOfShapes, referenceTo } from './content.js';
import type { OpenApiResponse } from './open-api.js';

const commonHeaders = {
  'x-request-id': {
    description: 'The id of the request: the id that the client sent, or a new one.',
    schema: { type: 'string' },
  },
  traceparent: { description: "W3C Trace Context of the gateway's own span.", schema: { type: 'string' } },
};

export function responseOf({ about, mediaType, shapes = [], bytes, headers = {} }: Answer): OpenApiResponse {
  const own = Object.entries(headers).map(
    ([name, description]) => [name, { description, schema: { type: 'string' } }] as const,
  );
  const content = shapes.length === 0 ? { schema: { description: about } } : oneOfShapes(shapes);
  return {
    description: about,
    headers: { ...commonHeaders, ...Object.fromEntries(own) },
    content: {
      [mediaType]: content,
      ...(bytes ? { [bytes.mediaType]: { schema: { description: bytes.about } } } : {}),
    },
  };
}

export function problemResponses(codes: readonly ProblemCode[], form: ErrorForm): Record<string, OpenApiResponse> {
  const statuses = [...new Set(codes.map((code) => problemTypes[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      problemResponse(
        status,
        [...new Set(codes)].filter((code) => problemTypes[code].status === status),
        form,
      ),
    ]),
  );
}

function problemResponse(status: number, codes: readonly ProblemCode[], form: ErrorForm): OpenApiResponse {
  const again = status === 429 || codes.some((code) => problemTypes[code].retryAfter !== undefined);
  const narrowed = {
    properties: { type: { enum: codes.map((code) => `/problems/${code}`) }, status: { const: status } },
  };
  return {
    description: `${STATUS_CODES[status] ?? 'Problem'}: ${codes.map((code) => problemTypes[code].title).join('; ')}.`,
    headers: {
      ...commonHeaders,
      ...(again
        ? {
            'retry-after': {
              description: 'Seconds after which the same request may succeed.',
              schema: { type: 'string' },
            },
          }
        : {}),
    },
    content: {
      [form.mediaType]: {
        schema: form === problemDetails ? { allOf: [referenceTo(form.name), narrowed] } : referenceTo(form.name),
        examples: Object.fromEntries(codes.map((code) => [code, { value: form.render(exampleProblem(code)) }])),
      },
    },
  };
}

function exampleProblem(code: ProblemCode): Problem {
  const { status, title } = problemTypes[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: `${title}.`,
    instance: 'request-1',
    code,
    remedy: 'What the client can do.',
  };
}
