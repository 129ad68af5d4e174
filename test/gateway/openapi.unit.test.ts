import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { JsonSchema, OpenApiDocument } from '../../http/openapi/open-api.js';
import { FanlightError } from '../../schemas/failure.js';
import { knownJob, type fakeJobs } from './jobs/fake-jobs.js';
import { files, gatewayHarness, postImage, postJson, postLines, startedAt } from './harness.js';

const specification = JSON.parse(
  readFileSync(new URL('../docs/vendor/openapi-3.1.schema.json', import.meta.url), 'utf8'),
) as object;
// The specification and the document use formats and keywords that Ajv does not know.
const newAjv = () => new Ajv2020({ strict: false, validateFormats: false });
const isValid = newAjv().compile(specification);

const document = async () => (await (await gatewayHarness().app.request('/openapi.json')).json()) as OpenApiDocument;

/** The schema without additional properties, so that an answer with an undeclared member does not match. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inside = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, name === 'allOf' ? value : closed(value)]),
  );
  return 'type' in schema && schema.type === 'object' && 'properties' in schema
    ? { additionalProperties: false, ...inside }
    : inside;
}

const url = 'https://photos.example/1.jpg';
const json = 'application/json';
const problem = 'application/problem+json';
const lines = 'application/x-ndjson';
const notFound = () =>
  Promise.reject(new FanlightError({ code: 'not-found', message: 'Nothing there.', remedy: 'Correct the URL.' }));
const unready = (harness: ReturnType<typeof gatewayHarness>) => harness.setReady(false);

const tensors = {
  inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, 2, 2, 3], data: Array<number>(12).fill(1) }],
};
/** Cases for both paths of a model: the newest version and a named version. */
const ofModel = (method: string, end: string, each: (place: string) => readonly Case[]) =>
  Object.fromEntries(
    [
      ['{model}', 'scene'],
      ['{model}/versions/{version}', 'scene/versions/1'],
    ].map(([pattern, place]) => [`${method} /v2/models/${pattern}${end}`, each(`/v2/models/${place}${end}`)]),
  );

interface Case {
  readonly status: number;
  readonly type: string;
  /** Path of the request. Default: the path of the operation. */
  readonly path?: string;
  readonly init?: RequestInit;
  readonly harness?: Parameters<typeof gatewayHarness>[0];
  readonly before?: (harness: ReturnType<typeof gatewayHarness>) => void;
}

/** A job with results. */
const known = {
  arrangeJobs(jobs: ReturnType<typeof fakeJobs>) {
    void jobs.services.queue.announce(knownJob());
    jobs.addPart(knownJob().id, [0, -1]);
    jobs.change(knownJob().id, { tagged: 1, failed: 9, failures: { 'not-found': 9 }, finishedAt: startedAt + 5 });
  },
};
function jobCases(below: string, type: string): Case[] {
  const path = `/v1/jobs/${knownJob().id}${below}`;
  return [
    { status: 200, type, path, harness: known },
    { status: 404, type: problem, path: `/v1/jobs/none${below}` },
    { status: 503, type: problem, path, harness: { arrangeJobs: (jobs) => jobs.setAway(true) } },
  ];
}

/** Operation → a request for each kind of answer. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  'GET /': [{ status: 200, type: json }],
  'GET /openapi.json': [{ status: 200, type: json }],
  'GET /docs': [{ status: 200, type: 'text/html' }],
  'GET /healthz': [{ status: 200, type: json }],
  'GET /readyz': [
    { status: 200, type: json },
    { status: 503, type: problem, before: unready },
  ],
  'GET /metrics': [{ status: 200, type: 'text/plain' }],
  'GET /v1/pipelines': [{ status: 200, type: json }],
  'GET /v2/health/live': [{ status: 200, type: json }],
  'GET /v2/health/ready': [
    { status: 200, type: json },
    { status: 503, type: json, before: unready },
  ],
  'GET /v2': [{ status: 200, type: json }],
  'POST /v2/repository/index': [{ status: 200, type: json }],
  ...ofModel('GET', '', (path) => [
    { status: 200, type: json, path },
    { status: 404, type: json, path: path.replace('scene', 'cats') },
  ]),
  ...ofModel('GET', '/ready', (path) => [
    { status: 200, type: json, path },
    { status: 503, type: json, path, before: unready },
  ]),
  ...ofModel('GET', '/config', (path) => [
    { status: 200, type: json, path },
    { status: 404, type: json, path: path.replace('scene', 'cats') },
  ]),
  ...ofModel('POST', '/infer', (path) => [
    { status: 200, type: json, path, init: postJson(tensors) },
    {
      status: 200,
      type: 'application/octet-stream',
      path,
      init: postJson({ ...tensors, parameters: { binary_data_output: true } }),
    },
    { status: 400, type: json, path, init: postJson({ inputs: [{ ...tensors.inputs[0], datatype: 'FP64' }] }) },
    { status: 404, type: json, path: path.replace('scene', 'cats'), init: postJson(tensors) },
    { status: 413, type: json, path, init: postJson(tensors), harness: { limits: { inferenceBytes: 10 } } },
    { status: 415, type: json, path, init: postJson(tensors, { 'content-encoding': 'br' }) },
    {
      status: 500,
      type: json,
      path,
      init: postJson(tensors),
      harness: { infer: () => Promise.reject(new Error('secret')) },
    },
    { status: 503, type: json, path, init: postJson(tensors), before: unready },
    {
      status: 504,
      type: json,
      path,
      init: postJson(tensors),
      harness: {
        infer: () =>
          Promise.reject(new FanlightError({ code: 'deadline-exceeded', message: 'Late.', remedy: 'Wait.' })),
      },
    },
  ]),
  'GET /problems/{code}': [
    { status: 200, type: 'text/plain', path: '/problems/not-found' },
    { status: 404, type: problem, path: '/problems/none' },
  ],
  'POST /v1/jobs': [
    {
      status: 202,
      type: json,
      init: postJson({ images: [{ url, reference: 'r' }], callback: 'https://client.example/hook' }),
    },
    { status: 202, type: json, init: postLines(`{"url":"${url}"}\n`) },
    { status: 400, type: problem, init: postJson({ images: [{ url }], callback: 'ftp://client.example' }) },
    { status: 400, type: problem, init: postLines('{"url":1}\n') },
    { status: 413, type: problem, init: postLines(`{"url":"${url}","reference":"${'x'.repeat(20_000)}"}\n`) },
    { status: 415, type: problem, init: postImage(files.png(), 'image/png') },
  ],
  'GET /v1/jobs': [
    { status: 200, type: json, path: '/v1/jobs', harness: known },
    { status: 400, type: problem, path: '/v1/jobs?cursor=x' },
    { status: 503, type: problem, path: '/v1/jobs', harness: { arrangeJobs: (jobs) => jobs.setAway(true) } },
  ],
  'GET /v1/jobs/{id}': jobCases('', json),
  'DELETE /v1/jobs/{id}': jobCases('', json),
  'GET /v1/jobs/{id}/results': [
    ...jobCases('/results', lines),
    { status: 400, type: problem, path: `/v1/jobs/${knownJob().id}/results?cursor=x`, harness: known },
    {
      status: 410,
      type: problem,
      path: `/v1/jobs/${knownJob().id}/results`,
      harness: { arrangeJobs: (jobs) => (known.arrangeJobs(jobs), jobs.forget()) },
    },
  ],
  'GET /v1/jobs/{id}/events': jobCases('/events', 'text/event-stream'),
  'POST /v1/tags': [
    { status: 200, type: json, init: postJson({ url, imageId: 'i', deadlineMs: 500 }) },
    { status: 200, type: json, init: postJson({ images: [{ url }, { url: `${url}?2` }], thresholds: 0.3 }) },
    { status: 200, type: json, init: postJson({ images: [{ url }, { url: `${url}?2` }] }), harness: { tag: notFound } },
    { status: 409, type: problem, init: postJson({ url, models: ['moderation@1'] }) },
    { status: 400, type: problem, init: postJson({ url, models: ['cats@9'] }) },
    { status: 200, type: json, init: postImage(files.png(), 'image/png') },
    { status: 400, type: problem, init: postJson({ url: 'ftp://a/b', colour: 1 }) },
    { status: 400, type: problem, init: postJson({ url, pipeline: 'cats@9' }) },
    { status: 406, type: problem, init: postJson({ url }, { accept: 'text/html' }) },
    { status: 413, type: problem, init: postImage(files.jpeg(26 * 1024 * 1024)) },
    { status: 415, type: problem, init: postImage(files.heic()) },
    { status: 422, type: problem, init: postJson({ url }), harness: { tag: notFound } },
    {
      status: 500,
      type: problem,
      init: postJson({ url }),
      harness: { tag: () => Promise.reject(new Error('secret')) },
    },
    { status: 503, type: problem, init: postJson({ url }), before: unready },
  ],
};

describe('/openapi.json', () => {
  it('conforms to the OpenAPI 3.1 specification', async () => {
    expect(isValid(await document()), JSON.stringify(isValid.errors?.slice(0, 5), null, 1)).toBe(true);
  });

  it.each<[string, (valid: OpenApiDocument) => object]>([
    ['a misspelt field', (valid) => ({ ...valid, path: {} })],
    [
      'a parameter without a place',
      (valid) => ({ ...valid, paths: { '/a': { get: { parameters: [{ name: 'a', schema: {} }] } } } }),
    ],
    [
      'an answer without a description',
      (valid) => ({ ...valid, paths: { '/a': { get: { responses: { 200: {} } } } } }),
    ],
  ])('would violate the specification with %s', async (_name, spoil) => {
    expect(isValid(spoil(await document()))).toBe(false);
  });

  it('has schemas that can be compiled, and examples that match them', async () => {
    const whole = await document();
    const ajv = newAjv().addSchema(whole, 'openapi.json');
    for (const name of Object.keys(whole.components.schemas))
      expect(ajv.getSchema(`openapi.json#/components/schemas/${name}`), name).toBeTypeOf('function');
    for (const { requestBody, responses } of operations(whole)) {
      for (const { content } of [...(requestBody ? [requestBody] : []), ...Object.values(responses)]) {
        for (const { schema, examples = {} } of Object.values(content)) {
          const matches = ajv.compile(absolute(schema));
          for (const [name, { value }] of Object.entries(examples))
            expect(matches(value), `${name}: ${JSON.stringify(matches.errors)}`).toBe(true);
        }
      }
    }
  });

  it('has a unique operationId for every operation', async () => {
    const names = operations(await document()).map(({ operationId }) => operationId);
    expect([...new Set(names)]).toEqual(names);
  });

  it('names the scope that an operation needs', async () => {
    const { paths } = await document();
    expect([paths['/v1/tags']?.['post']?.security, paths['/healthz']?.['get']?.security]).toEqual([
      [{ bearer: ['tag'] }],
      [],
    ]);
  });

  it('describes requests as the gateway validates them', async () => {
    const { components, paths } = await document();
    const matches = newAjv().compile(components.schemas['TagRequest'] ?? {});
    const bodies: [unknown, boolean][] = [
      [{ url, imageId: 'i', deadlineMs: 100 }, true],
      [{ url, imageId: '' }, false],
      [{ url, imageId: 'a\nb' }, false],
      [{ url, imageId: 'x'.repeat(257) }, false],
      [{ url, deadlineMs: 99 }, false],
      [{ url, deadlineMs: 60_001 }, false],
      [{ url, colour: 'red' }, false],
      [{ url, thresholds: 0.5 }, true],
      [{ url, thresholds: { oven: 1 } }, true],
      [{ url, thresholds: { oven: 1.1 } }, false],
      [{ url, thresholds: '0.5' }, false],
      [{ url, models: ['scene@1'] }, true],
      [{ url, models: [] }, false],
      [{}, false],
    ];
    const { app } = gatewayHarness();
    const checked = await Promise.all(
      bodies.map(async ([body]) => (await app.request('/v1/tags', postJson(body))).status === 200),
    );
    expect([bodies.map(([body]) => matches(body)), checked]).toEqual([
      bodies.map(([, valid]) => valid),
      bodies.map(([, valid]) => valid),
    ]);
    const query = paths['/v1/tags']?.['post']?.parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => name);
    expect(query).toEqual(['imageId', 'listingId', 'pipeline', 'models', 'deadlineMs', 'thresholds']);
  });

  it('describes every route, and each has a test case below', async () => {
    const { paths } = await document();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const { routes } = (await (await gatewayHarness().app.request('/')).json()) as {
      routes: { method: string; path: string }[];
    };
    expect(described.sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort(),
    );
    expect(described).toEqual(Object.keys(cases).sort());
  });
});

describe('an actual answer', () => {
  const all = Object.entries(cases).flatMap(([operation, each]) => each.map((one) => ({ operation, ...one })));
  it.each(all)(
    'of $operation with $status matches the document',
    async ({ operation, status, type, path, init, harness: options, before }) => {
      const [method = '', pattern = ''] = operation.split(' ');
      const harness = gatewayHarness(options);
      before?.(harness);
      const response = await harness.app.request(path ?? pattern, { method, ...init });
      expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([status, type]);

      const whole = closed(await document()) as OpenApiDocument;
      const declared = whole.paths[pattern]?.[method.toLowerCase()]?.responses[status];
      expect([...response.headers.keys()]).toEqual(expect.arrayContaining(['x-request-id', 'traceparent']));
      const matches = newAjv()
        .addSchema(whole, 'openapi.json')
        .compile(absolute(declared?.content[type]?.schema ?? { not: {} }));
      const text = await response.text();
      const bodies: unknown[] =
        type === lines
          ? text
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => JSON.parse(line) as unknown)
          : [type === json || type === problem ? JSON.parse(text) : text];
      for (const body of bodies) expect(matches(body), JSON.stringify(matches.errors)).toBe(true);
    },
  );
});

describe('/docs', () => {
  it('shows every operation, problem and shape, without external resources', async () => {
    const response = await gatewayHarness().app.request('/docs');
    const page = await response.text();
    const { components } = await document();
    for (const { operationId } of operations(await document())) expect(page).toContain(`<section id="${operationId}">`);
    for (const name of Object.keys(components.schemas)) expect(page).toContain(`<section id="shape-${name}">`);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\[object /);
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(targets.filter((target) => !page.includes(`id="${target}"`))).toEqual([]);
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  });
});

function operations({ paths }: OpenApiDocument) {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

/** The schema with references that are resolved from outside the document. */
function absolute(schema: JsonSchema): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi.json#/components')) as object;
}
