import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { defaultAnswerBounds } from '../idempotency/answer-bounds.js';
import { idempotencyHeader } from '../idempotency/once.js';
import { problemDetails, type ErrorForm } from '../problems/error-form.js';
import { problemTypes, type Problem, type ProblemCode } from '../problems/problem.js';
import type { RequestForm } from '../requests/forms.js';
import type { Answer, Route, Shape } from '../route.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly explode?: false;
  readonly schema: JsonSchema;
}

export interface Content {
  readonly schema: JsonSchema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content: Readonly<Record<string, Content>>;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<
      Record<string, { readonly type: 'http'; readonly scheme: 'bearer'; readonly description: string }>
    >;
  };
}

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

/** Problems of requests with an `Idempotency-Key`. */
const idempotencyProblems: readonly ProblemCode[] = [
  'invalid-idempotency-key',
  'idempotency-conflict',
  'idempotency-key-reused',
  'idempotency-unavailable',
];

const idempotencyParameter: Parameter = {
  name: idempotencyHeader,
  in: 'header',
  required: false,
  description:
    'A key that the client chooses, such as a UUID. The gateway carries out one request with the key. ' +
    'A repetition within a day gets the same answer, with `Idempotency-Replayed`, ' +
    'as long as the answers of the client fit into its budget. ' +
    `An answer above ${defaultAnswerBounds.maxAnswerBytes / 1024} KiB (gzip) is not kept; a repetition is then carried out again.`,
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
};

const commonHeaders = {
  'x-request-id': {
    description: 'The id of the request: the id that the client sent, or a new one.',
    schema: { type: 'string' },
  },
  traceparent: { description: "W3C Trace Context of the gateway's own span.", schema: { type: 'string' } },
};

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

/** The OpenAPI 3.1 document of routes. Its schemas are generated from those that check requests and type answers. */
export function describeOpenApi(routes: readonly Route[]): OpenApiDocument {
  const paths = new Map<string, Record<string, OpenApiOperation>>();
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths.set(path, { ...paths.get(path), [route.method.toLowerCase()]: operationOf(route) });
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Fanlight',
      version: '1',
      description:
        'Tags photos of homes. Errors are problem details (RFC 9457) with a stable `type` and a remedy. Under `/v2`, the Open Inference Protocol, an error is one text.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: componentsOf(routes),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key. Each operation names the scope that it needs. A gateway without keys ignores it.',
        },
      },
    },
  };
}

function operationOf(route: Route): OpenApiOperation {
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
      ...(route.method === 'POST' ? [idempotencyParameter] : []),
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
          ...(route.method === 'POST' ? idempotencyProblems : []),
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

function oneOfShapes(shapes: readonly Pick<Shape, 'name' | 'example'>[]): Content {
  const references = shapes.map(({ name }) => referenceTo(name));
  const [only] = references;
  return {
    schema: references.length === 1 && only !== undefined ? only : { anyOf: references },
    examples: Object.fromEntries(shapes.map(({ name, example }) => [name, { value: example }])),
  };
}

function responseOf({ about, mediaType, shapes = [], bytes, headers = {} }: Answer): OpenApiResponse {
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

function problemResponses(codes: readonly ProblemCode[], form: ErrorForm): Record<string, OpenApiResponse> {
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

function componentsOf(routes: readonly Route[]): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  const add = (id: string, schema: z.ZodType) => {
    if (!registry.has(schema)) registry.add(schema, { id });
  };
  for (const { answers, forms = [], errors = problemDetails } of routes) {
    add(errors.name, errors.schema);
    for (const { name, schema } of Object.values(answers).flatMap(({ shapes = [] }) => shapes)) add(name, schema);
    for (const form of forms) if (form.kind === 'lines') add(form.name, form.schema);
    for (const form of forms)
      if (form.kind === 'json') for (const { name, schema } of form.alternatives) add(name, schema);
  }
  // The input side: the documents that a client may send. Answers stay open, so that later versions can add members.
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutIdentity(schema)]));
}

/** Removes `$id` and `$schema`: inside an OpenAPI document, the name of the component identifies a schema. */
function withoutIdentity(schema: object): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$id' && name !== '$schema'));
}

function referenceTo(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
