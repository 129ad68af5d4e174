import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createGateway } from '../../gateway/app.js';
import { defaultLimits } from '../../gateway/limits.js';
import { problemTypes } from '../../http/problems/problem.js';
import { systemClock } from '../../primitives/clock.js';
import { gatewayHarness, postJson, resultOf } from './harness.js';

const url = 'https://photos.example/1.jpg';

describe('routes', () => {
  it('are listed at /', async () => {
    const { app } = gatewayHarness();
    const { name, routes } = (await (await app.request('/')).json()) as {
      name: string;
      routes: { method: string; path: string }[];
    };
    expect([name, routes.map(({ method, path }) => `${method} ${path}`)]).toEqual([
      'fanlight',
      [
        ...['GET /', 'GET /openapi.json', 'GET /docs', 'POST /v1/tags'],
        ...[
          'POST /v1/jobs',
          'GET /v1/jobs',
          'GET /v1/jobs/:id',
          'DELETE /v1/jobs/:id',
          'GET /v1/jobs/:id/results',
          'GET /v1/jobs/:id/events',
        ],
        'GET /v1/pipelines',
        ...['GET /v2/health/live', 'GET /v2/health/ready', 'GET /v2', 'POST /v2/repository/index'],
        ...['', '/ready', '/config'].flatMap((end) => [
          `GET /v2/models/:model${end}`,
          `GET /v2/models/:model/versions/:version${end}`,
        ]),
        ...['POST /v2/models/:model/infer', 'POST /v2/models/:model/versions/:version/infer'],
        ...['GET /problems/:code', 'GET /healthz', 'GET /readyz', 'GET /metrics'],
      ],
    ]);
  });

  it('GET /v1/pipelines names the default', async () => {
    const { app } = gatewayHarness();
    expect(await (await app.request('/v1/pipelines')).json()).toEqual({
      pipelines: [
        { name: 'listing-photo@1', default: true, models: ['moderation@1', 'room-type@1', 'scene@1'] },
        { name: 'moderation-only@1', default: false, models: ['moderation@1'] },
      ],
    });
  });

  it('GET /healthz is 200 even without a connection to the queues, GET /readyz is 503', async () => {
    const { app, setReady } = gatewayHarness();
    const statuses = async () => [(await app.request('/healthz')).status, (await app.request('/readyz')).status];
    expect(await statuses()).toEqual([200, 200]);
    setReady(false);
    expect(await statuses()).toEqual([200, 503]);
    setReady(true);
    expect(await statuses()).toEqual([200, 200]);
  });

  it.each(Object.keys(problemTypes))('GET /problems/%s explains it', async (code) => {
    const { app } = gatewayHarness();
    const response = await app.request(`/problems/${code}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain;charset=UTF-8']);
    expect(await response.text()).toContain(code);
  });

  it('answer HEAD like GET, and OPTIONS with the allowed methods', async () => {
    const { app } = gatewayHarness();
    const head = await app.request('/v1/pipelines', { method: 'HEAD' });
    const options = await app.request('/v1/pipelines', { method: 'OPTIONS' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
  });

  it('quote at most 200 characters of a path that does not support a method', async () => {
    const { app } = gatewayHarness();
    const path = `/v1/jobs/${'x'.repeat(5_000)}`;
    const { detail } = (await (await app.request(path, { method: 'PUT' })).json()) as { detail: string };
    expect(detail).toBe(`${path.slice(0, 200)} does not support PUT.`);
  });

  it('require at least one pipeline', () => {
    const { tagger, ...options } = {
      tagger: { ready: () => true, tag: (image: Parameters<typeof resultOf>[0]) => Promise.resolve(resultOf(image)) },
      clock: systemClock,
      limits: defaultLimits,
      metrics: new Registry(),
      randomHex: (digits: number) => 'a'.repeat(digits),
      logger: { debug: () => undefined, info: () => undefined, error: () => undefined },
    };
    expect(() => createGateway({ ...options, tagger, pipelines: [] })).toThrow('The gateway has no pipeline.');
  });
});

describe('metrics', () => {
  it('count requests by route, method and status, without series for unknown paths and methods', async () => {
    const { app } = gatewayHarness();
    await app.request('/v1/tags', postJson({ url }));
    await app.request('/v1/tags', postJson({}));
    await app.request('/v1/tags', { method: 'BREW' });
    for (const path of ['/a', '/b', '/c']) await app.request(path);

    const response = await app.request('/metrics');
    const lines = (await response.text())
      .split('\n')
      .filter((line) => /^http_server_(request_duration_seconds_count|active)/.test(line));
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(lines).toEqual([
      'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/v1/tags",http_response_status_code="200"} 1',
      'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/v1/tags",http_response_status_code="400"} 1',
      'http_server_request_duration_seconds_count{http_request_method="_OTHER",http_route="/v1/tags",http_response_status_code="405"} 1',
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="",http_response_status_code="404"} 3',
      'http_server_active_requests 1',
    ]);
  });
});

describe('access log', () => {
  it('has one line per request, with the trace', async () => {
    const { app, logLines } = gatewayHarness();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await app.request('/v1/tags', postJson({ url }, { traceparent, 'x-request-id': 'r1' }));
    await app.request('/v1/tags?secret=1', postJson({}, { traceparent, 'x-request-id': 'r2' }));
    await app.request('/healthz', { headers: { traceparent, 'x-request-id': 'r3' } });

    const common = {
      time: expect.any(Number) as number,
      pid: process.pid,
      hostname: expect.any(String) as string,
      msg: 'request',
      durationMs: 0,
    };
    const traced = (span: string) => ({ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: span.repeat(8) });
    expect(logLines).toEqual([
      { ...common, level: 30, method: 'POST', path: '/v1/tags', status: 200, requestId: 'r1', ...traced('01') },
      {
        ...common,
        level: 30,
        method: 'POST',
        path: '/v1/tags',
        status: 400,
        code: 'invalid-request',
        requestId: 'r2',
        ...traced('02'),
      },
      { ...common, level: 20, method: 'GET', path: '/healthz', status: 200, requestId: 'r3', ...traced('03') },
    ]);
  });

  it('has at most 200 characters of a path', async () => {
    const { app, logLines } = gatewayHarness();
    const path = `/${'x'.repeat(15_000)}`;
    await app.request(path);
    expect(logLines.map((line) => line['path'])).toEqual([path.slice(0, 200)]);
  });
});
