import { z } from 'zod';
import { problemDetails } from '../problems/error-form.js';
import type { ProblemCode } from '../problems/problem.js';
import type { RequestForm } from '../requests/forms.js';
import type { Route } from '../route.js';
import type { Api } from './api.js';
import { oneOfShapes } from './content.js';
import type { Content, JsonSchema, OpenApiOperation, Parameter } from './open-api.js';
import { problemResponses, responseOf } from './responses.js';

/** Problems that every route may answer with. */
const commonProblems: readonly ProblemCode[] = [
  'malformed-request',
  'request-timeout',
  'misdirected-request',
  'headers-too-large',
  'unexpected-error',
];

/** Problems of requests that pages of other sites send to a gateway without keys. */
const pageProblems: readonly ProblemCode[] = ['forbidden-origin'];

/** Problems of routes that need a scope: problems of keys and of a client's limits. */
const keyProblems: readonly ProblemCode[] = [
  'unauthorized',
  'missing-scope',
  'rate-limit-exceeded',
  'concurrency-limit-exceeded',
  'daily-quota-exceeded',
  'keys-unavailable',
];

const commonParameters: readonly Parameter[] = [
  {
    name: 'x-request-id',
    in: 'header',
    required: false,
    description: 'An id for the request: 1 to 128 letters, digits and ._~-. Any other id is replaced.',
    schema: { type: 'string' },
  },
  {
    name: 'traceparent',
    in: 'header',
    required: false,
    description: 'W3C Trace Context that the gateway continues.',
    schema: { type: 'string' },
  },
];

export function operationOf(route: Route, posts: Api['posts']): OpenApiOperation {
  const { id, about, details, scope, parameters, query, forms = [], answers, errors = problemDetails } = route;
  const queries = forms.flatMap((form) =>
    form.kind === 'json' || form.kind === 'bytes'
      ? []
      : [
          parametersOf(
            'query',
            form.query,
            forms.length === 1 ? '' : ` Only with ${form.kind === 'file' ? 'a file' : 'lines'} as the body.`,
          ),
        ],
  );
  return {
    operationId: id,
    summary: about,
    ...(details === undefined ? {} : { description: details }),
    security: scope === null ? [] : [{ bearer: [scope] }],
    parameters: [
      ...(parameters === undefined ? [] : parametersOf('path', parameters)),
      ...(query === undefined ? [] : parametersOf('query', query)),
      ...queries.flat(),
      ...(route.method === 'POST' ? posts.parameters : []),
      ...commonParameters,
    ],
    ...(forms.length === 0
      ? {}
      : {
          requestBody: {
            required: true as const,
            content: Object.assign({}, ...forms.map(bodyOf)) as Record<string, Content>,
          },
        }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)])),
      ...problemResponses(
        [
          ...commonProblems,
          ...(scope === null ? [] : keyProblems),
          ...(route.method === 'GET' ? [] : pageProblems),
          ...(route.method === 'POST' ? posts.problems : []),
          ...route.problems,
        ],
        errors,
      ),
    },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject, note = ''): Parameter[] {
  // The output side: the value that the text of a parameter stands for.
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'output' }) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    description: `${typeof description === 'string' ? description : ''}${note}`,
    ...(rest['type'] === 'array' ? { explode: false } : {}), // separated by commas
    schema: rest,
  }));
}

function bodyOf(form: RequestForm): Record<string, Content> {
  if (form.kind === 'file' || form.kind === 'bytes') {
    const schema = {
      description: form.kind === 'bytes' ? form.about : `The file itself, at most ${form.limitBytes} bytes.`,
    };
    return Object.fromEntries(form.mediaTypes.map((type) => [type, { schema }]));
  }
  const content = oneOfShapes(form.kind === 'lines' ? [form] : form.alternatives);
  return Object.fromEntries(form.mediaTypes.map((type) => [type, content]));
}
