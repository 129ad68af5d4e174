import { describe, expect, it } from 'vitest';
import type { Guard } from '../../http/clients/guard.js';
import { anonymousCaller } from '../../http/context.js';
import { parseOriginEntry } from '../../http/origins.js';
import { ProblemError } from '../../http/problems/problem.js';
import { gatewayHarness, postJson, type HarnessOptions } from '../gateway/harness.js';

const url = 'https://photos.example/1.jpg';
const app = 'https://app.example.com';
const evil = 'https://evil.example';
const input = { name: 'input', datatype: 'UINT8', shape: [1, 2, 2, 3], data: Array<number>(12).fill(1) };
const tensors = { inputs: [input] };

/** One guard admits every request, the other refuses every request. */
const openGuard: Guard = { admit: () => Promise.resolve({ caller: anonymousCaller, release: () => undefined }) };
const closedGuard: Guard = {
  admit: (context) => {
    context.header('ratelimit', '"requests";r=0;t=1', { append: true });
    const headers = { 'www-authenticate': 'Bearer' };
    return Promise.reject(new ProblemError({ code: 'unauthorized', detail: 'No key.', remedy: 'Send one.', headers }));
  },
};

describe('an entry of the list of origins', () => {
  it.each([
    ['*', '*'],
    ['https://app.example.com', app],
    ['https://App.Example.com/', app],
    ['https://app.example.com:443', app],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['https://app.example.com/path', undefined],
    ['https://app.example.com/?a', undefined],
    ['https://app.example.com/#a', undefined],
    ['https://user@app.example.com', undefined],
    ['https://*.example.com/x', undefined],
    ['app.example.com', undefined],
    ['app.example.com:443', undefined],
    ['ftp://app.example.com', undefined],
    ['file:///tmp', undefined],
    ['null', undefined],
  ])('%s is parsed as %s', (text, expected) => {
    expect(parseOriginEntry(text)).toBe(expected);
  });
});

describe('a gateway without keys', () => {
  const own = 'http://127.0.0.1:18080';
  const post = (headers: Record<string, string>, options: HarnessOptions = {}) => {
    const harness = gatewayHarness(options);
    return { ...harness, answer: harness.app.request(`${own}/v1/tags`, postJson({ url }, headers)) };
  };

  it.each([
    ['of a program', {}, 200],
    ['of its own page', { origin: own }, 200],
    ['of its own page behind a TLS proxy', { origin: 'https://127.0.0.1:18080' }, 200],
    ['of another site', { origin: evil }, 403],
    ['of another port', { origin: 'http://127.0.0.1:3000' }, 403],
    ['of another name of the gateway', { origin: 'http://localhost:18080' }, 403],
    ['of a site with a similar name', { origin: 'http://127.0.0.1:18080.evil.example' }, 403],
    ['of a sandboxed page', { origin: 'null' }, 403],
    ['with an empty Origin', { origin: '' }, 403],
    ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['that the browser calls same-site', { 'sec-fetch-site': 'same-site' }, 403],
    ['that the browser calls same-origin', { 'sec-fetch-site': 'same-origin', origin: 'https://public.example' }, 200],
    ['that the user started', { 'sec-fetch-site': 'none' }, 200],
    ['with its own Origin that the browser calls cross-site', { origin: own, 'sec-fetch-site': 'cross-site' }, 403],
  ])('answers a POST %s: %j %i', async (_name, headers, status) => {
    const { answer, calls } = post(headers);
    expect((await answer).status).toBe(status);
    expect(calls).toHaveLength(status === 200 ? 1 : 0);
  });

  it('names the refused origin and the setting that lists origins', async () => {
    const response = await post({ origin: evil, 'x-request-id': 'r1' }).answer;
    expect(await response.json()).toEqual({
      type: '/problems/forbidden-origin',
      title: 'Pages of this origin may not send such requests',
      status: 403,
      detail:
        'The gateway needs no key, so it accepts only GET, HEAD and OPTIONS from pages of "https://evil.example".',
      instance: 'r1',
      code: 'forbidden-origin',
      remedy: expect.stringContaining('FANLIGHT_HTTP_ALLOWED_ORIGINS') as string,
    });
  });

  it('quotes at most 100 characters of an origin', async () => {
    const origin = `https://${'a'.repeat(5_000)}`;
    const { detail } = (await (await post({ origin }).answer).json()) as { detail: string };
    expect(detail).toContain(` "${origin.slice(0, 100)}".`);
  });

  it('runs no model for a text/plain POST of another site', async () => {
    const harness = gatewayHarness();
    const init = postJson(tensors, { 'content-type': 'text/plain', origin: evil });
    const response = await harness.app.request('/v2/models/scene/infer', init);
    const error = expect.stringMatching(/\(forbidden-origin\)$/) as string;
    expect([response.status, await response.json()]).toEqual([403, { error }]);
    expect(harness.modelCalls).toEqual([]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('refuses %s from another site on every path', async (method) => {
    const { app: gateway } = gatewayHarness();
    const paths = ['/v1/jobs', '/v1/jobs/x', '/healthz', '/none'];
    const init = { method, headers: { origin: evil } };
    const statuses = paths.map(async (path) => (await gateway.request(path, init)).status);
    expect(await Promise.all(statuses)).toEqual([403, 403, 403, 403]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('answers %s from another site, which cannot read the answer', async (method) => {
    const response = await gatewayHarness().app.request('/v1/pipelines', { method, headers: { origin: evil } });
    expect([response.ok, corsFields(response)]).toEqual([true, []]);
  });

  it('accepts a POST of a listed origin, regardless of Sec-Fetch-Site', async () => {
    const listed = { allowedOrigins: [app] };
    const headers = { origin: app, 'sec-fetch-site': 'cross-site' };
    expect((await post(headers, listed).answer).status).toBe(200);
    expect((await post({ ...headers, origin: evil }, listed).answer).status).toBe(403);
  });
});

describe('a gateway with keys', () => {
  it('accepts a POST of any page with a key, and answers 401 without one', async () => {
    const headers = { origin: evil, 'sec-fetch-site': 'cross-site' };
    const statuses = [openGuard, closedGuard].map(async (guard) => {
      const response = await gatewayHarness({ guard }).app.request('/v1/tags', postJson({ url }, headers));
      return response.status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 401]);
  });
});

function corsFields({ headers }: Response): string[] {
  const fields = [...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary');
  return fields.map(([name, value]) => `${name}: ${value}`);
}

const exposed =
  'access-control-expose-headers: location,link,retry-after,ratelimit,ratelimit-policy,server-timing,x-request-id,' +
  'preference-applied,idempotency-replayed,inference-header-content-length,www-authenticate';
const preflightOf = (origin: string, method = 'POST') => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' },
});

describe('CORS', () => {
  const setUp = (allowedOrigins: readonly string[] = [app], guard = closedGuard) =>
    gatewayHarness({ allowedOrigins, guard }).app;

  it('answers a preflight without a key', async () => {
    const response = await setUp().request('/v1/tags', preflightOf(app));
    expect([response.status, await response.text(), corsFields(response).sort()]).toEqual([
      204,
      '',
      [
        'access-control-allow-headers: authorization,x-api-key,content-type,content-encoding,idempotency-key,prefer,' +
          'traceparent,x-request-id,inference-header-content-length,last-event-id',
        'access-control-allow-methods: GET,HEAD,POST,DELETE',
        `access-control-allow-origin: ${app}`,
        exposed,
        'access-control-max-age: 7200',
        'vary: Origin, Access-Control-Request-Headers',
      ],
    ]);
  });

  it('allows nothing to origins that are not listed', async () => {
    const preflight = await setUp().request('/v1/tags', preflightOf(evil));
    const answer = await setUp().request('/healthz', { headers: { origin: evil } });
    const allowed = [preflight, answer].map(({ headers }) => headers.get('access-control-allow-origin'));
    expect([allowed, answer.headers.get('vary')]).toEqual([[null, null], 'Origin']);
  });

  it.each<[string, number, HarnessOptions, string, RequestInit]>([
    ['an answer', 200, {}, '/v1/tags', postJson({ url })],
    ['an invalid request', 400, {}, '/v1/tags', postJson({})],
    ['a missing key', 401, { guard: closedGuard }, '/v1/tags', postJson({ url })],
    ['an unknown path', 404, {}, '/none', {}],
    ['another method', 405, {}, '/v1/tags', { method: 'PUT' }],
    ['a defect', 500, { tag: () => Promise.reject(new Error('secret')) }, '/v1/tags', postJson({ url })],
    ['an error of the inference protocol', 404, {}, '/v2/models/cats', {}],
  ])('lets a listed page read %s (%i)', async (_name, status, options, path, init) => {
    const gateway = gatewayHarness({ guard: openGuard, allowedOrigins: [app], ...options }).app;
    const headers = { ...(init.headers as Record<string, string>), origin: app };
    const response = await gateway.request(path, { ...init, headers });
    const fields = [`access-control-allow-origin: ${app}`, exposed, 'vary: Origin'];
    expect([response.status, corsFields(response).sort()]).toEqual([status, fields]);
  });

  it('leaves the other fields of an answer as they are', async () => {
    const refused = await setUp().request('/v1/tags', postJson({ url }, { origin: app }));
    const open = setUp([app], openGuard);
    const compressed = await open.request('/v2/models/scene/infer', postJson(tensors, { origin: app }));
    const fields = ['ratelimit', 'www-authenticate'].map((name) => refused.headers.get(name));
    expect(fields).toEqual(['"requests";r=0;t=1', 'Bearer']);
    expect(compressed.headers.get('vary')).toBe('accept-encoding, Origin');
  });

  it('answers OPTIONS that is not a preflight with the methods of the path', async () => {
    const response = await setUp().request('/v1/tags', { method: 'OPTIONS', headers: { origin: app } });
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
  });

  it('never allows credentials, and lets every page read answers when * is listed', async () => {
    const response = await setUp(['*']).request('/healthz', { headers: { origin: evil } });
    expect(corsFields(response)).toEqual(['access-control-allow-origin: *', exposed]);
  });

  it('is off without a list of origins', async () => {
    const gateway = gatewayHarness({ guard: openGuard }).app;
    const answers = [
      await gateway.request('/v1/tags', preflightOf(app)),
      await gateway.request('/healthz', { headers: { origin: app } }),
      await gateway.request('/v1/tags', postJson({}, { origin: app })),
    ];
    expect(answers.map(corsFields)).toEqual([[], [], []]);
  });

  it('adds no fields to the answer for a refused host', async () => {
    const allowedHosts = { addresses: 'loopback', privateNames: false, names: [] } as const;
    const gateway = gatewayHarness({ guard: openGuard, allowedOrigins: [app], allowedHosts }).app;
    const response = await gateway.request('http://evil.example/v1/tags', preflightOf(app));
    expect([response.status, corsFields(response)]).toEqual([421, []]);
  });
});
