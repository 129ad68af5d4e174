import { describe, expect, it } from 'vitest';
import { isAllowedHost, parseAuthority, parseHostEntry, type AllowedHosts } from '../../http/hosts.js';
import { files, gatewayHarness, postImage, postJson } from '../gateway/harness.js';

const onLoopback: AllowedHosts = {
  addresses: 'loopback',
  privateNames: false,
  names: ['localhost', 'api.example.com', '.example.org'],
};
const elsewhere: AllowedHosts = { addresses: 'any', privateNames: true, names: ['localhost'] };

const address = (text: string) => ({ text, isAddress: true });
const name = (text: string) => ({ text, isAddress: false });

describe('the authority of a request', () => {
  it.each([
    ['localhost', name('localhost')],
    ['localhost:18080', name('localhost')],
    ['localhost:', name('localhost')],
    ['LocalHost.', name('localhost')],
    ['localhost.:80', name('localhost')],
    ['a_b-c.example', name('a_b-c.example')],
    ['127.0.0.1:18080', address('127.0.0.1')],
    ['127.0.0.1.', address('127.0.0.1')],
    ['[::1]', address('[::1]')],
    ['[::1]:18080', address('[::1]')],
    ['[0:0:0:0:0:0:0:1]', address('[::1]')],
    ['[::FFFF:127.0.0.1]:80', address('[::ffff:7f00:1]')],
    ['', undefined],
    [':80', undefined],
    ['.', undefined],
    ['localhost..', undefined],
    ['.localhost', undefined],
    ['a..b', undefined],
    ['::1', undefined],
    ['[127.0.0.1]', undefined],
    ['[::1', undefined],
    ['[::1]x', undefined],
    ['[fe80::1%25lo]', undefined],
    ['localhost:80:80', undefined],
    ['localhost:8a', undefined],
    ['localhost:123456', undefined],
    ['2130706433', undefined],
    ['0x7f000001', undefined],
    ['0x7F.1', undefined],
    ['127.1:80', undefined],
    ['127.0.0.01', undefined],
    ['localhost@evil.example', undefined],
    ['localhost, evil.example', undefined],
    ['localhost evil.example', undefined],
    ['localhost/evil.example', undefined],
    ['localhost\\evil.example', undefined],
    ['localhost%2eevil.example', undefined],
    ['löcalhost', undefined],
    [`${'a'.repeat(64)}.example`, undefined],
    ['a.'.repeat(127), name('a.'.repeat(127).slice(0, -1))],
    [`${'a.'.repeat(127)}a`, undefined],
  ])('%j is parsed as %j', (text, expected) => {
    expect(parseAuthority(text)).toEqual(expected);
  });
});

describe('the allowed hosts of a gateway', () => {
  it.each([
    ['localhost', true, true],
    ['127.0.0.1', true, true],
    ['127.8.9.10', true, true],
    ['[::1]', true, true],
    ['[::ffff:127.0.0.1]', true, true],
    ['api.example.com', true, false],
    ['example.org', true, false],
    ['a.b.example.org', true, false],
    ['128.0.0.1', false, true],
    ['0.0.0.0', false, true],
    ['[::2]', false, true],
    ['[2001:db8::1]', false, true],
    ['gateway', false, true],
    ['gateway.photos.svc', false, true],
    ['gateway.photos.svc.cluster.local', false, true],
    ['host.docker.internal', false, true],
    ['app.localhost', false, false],
    ['localhost.evil.example', false, false],
    ['127.0.0.1.evil.example', false, false],
    ['evil-localhost', false, true],
    ['evilexample.org', false, false],
    ['x.api.example.com', false, false],
    ['com', false, true],
    ['svc.evil.example', false, false],
    ['printer.local', false, false],
    ['evil.example', false, false],
  ])('include %s: on loopback %s, on another address without keys %s', (text, local, open) => {
    const host = parseAuthority(text)!;
    expect([isAllowedHost(host, onLoopback), isAllowedHost(host, elsewhere)]).toEqual([local, open]);
  });
});

describe('an entry of the list of hosts', () => {
  it.each([
    ['*', '*'],
    ['API.Example.com.', 'api.example.com'],
    ['.Example.com', '.example.com'],
    ['10.0.0.7', '10.0.0.7'],
    ['::1', '[::1]'],
    ['[0::1]', '[::1]'],
    ['*.example.com', undefined],
    ['.*', undefined],
    ['.', undefined],
    ['..example.com', undefined],
    ['.10.0.0.7', undefined],
    ['api.example.com:8080', undefined],
    ['[::1]:80', undefined],
    ['https://api.example.com', undefined],
  ])('%s is parsed as %s', (text, expected) => {
    expect(parseHostEntry(text)).toBe(expected);
  });
});

describe('a gateway on loopback', () => {
  const setUp = () => gatewayHarness({ allowedHosts: onLoopback });
  const paths = ['/', '/docs', '/openapi.json', '/healthz', '/readyz', '/metrics', '/v1/jobs', '/none'];

  it.each(paths)('refuses GET %s for a foreign host', async (path) => {
    const response = await setUp().app.request(`http://evil.example:18080${path}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([421, 'application/problem+json']);
  });

  it('names the refused host and the setting that lists hosts', async () => {
    const { app, logLines } = setUp();
    const response = await app.request('http://evil.example:18080/v1/pipelines', { headers: { 'x-request-id': 'r1' } });
    expect(await response.json()).toEqual({
      type: '/problems/misdirected-request',
      title: 'The gateway does not answer for this host',
      status: 421,
      detail: 'The gateway does not answer for "evil.example:18080"; FANLIGHT_HTTP_ALLOWED_HOSTS does not list it.',
      instance: 'r1',
      code: 'misdirected-request',
      remedy: 'Use localhost or the address of the gateway, or ask its operator to list the host.',
    });
    expect(logLines).toMatchObject([{ level: 30, path: '/v1/pipelines', status: 421, code: 'misdirected-request' }]);
  });

  it.each(['/v2', '/v2/models/scene/infer', '/v2/none'])(
    'refuses %s in the error format of the inference protocol',
    async (path) => {
      const response = await setUp().app.request(`http://evil.example${path}`, postJson({}));
      expect([response.status, response.headers.get('content-type')]).toEqual([421, 'application/json']);
      const error = expect.stringMatching(/"evil\.example".*\(misdirected-request\)$/) as string;
      expect(await response.json()).toEqual({ error });
    },
  );

  it('refuses /v2x with problem details', async () => {
    const response = await setUp().app.request('http://evil.example/v2x');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT'])('refuses %s for a foreign host', async (method) => {
    expect((await setUp().app.request('http://evil.example/v1/tags', { method })).status).toBe(421);
  });

  it('refuses an upload without reading its body', async () => {
    const { app, calls } = setUp();
    let pulled = 0;
    const pull = (controller: ReadableStreamDefaultController) => {
      pulled += 1;
      controller.enqueue(files.jpeg());
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const init = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body, duplex: 'half' } as const;
    expect((await app.request('http://evil.example/v1/tags', init)).status).toBe(421);
    expect([pulled, calls]).toEqual([0, []]);
  });

  it('refuses a foreign Host field even when the target names localhost', async () => {
    const response = await setUp().app.request('http://localhost/healthz', { headers: { host: 'evil.example' } });
    expect(response.status).toBe(421);
  });

  it('quotes at most 100 characters of a host', async () => {
    const response = await setUp().app.request(`http://${'a.'.repeat(100)}example/`);
    const { detail } = (await response.json()) as { detail: string };
    expect(detail).toContain(`for "${'a.'.repeat(50)}";`);
  });

  it.each([
    ['two hosts', { host: 'localhost, localhost' }],
    ['userinfo', { host: 'localhost@evil.example' }],
    ['an address in decimal', { host: '2130706433' }],
  ])('answers 400 to a Host field with %s', async (_name, headers) => {
    const response = await setUp().app.request('http://localhost/healthz', { headers });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'malformed-request' }]);
  });

  const own = ['localhost', 'LOCALHOST:1', '127.0.0.1:18080', '127.1.2.3', '[::1]:18080', 'api.example.com', ''];

  it.each(own)('answers for the host %j', async (host) => {
    expect((await setUp().app.request('http://localhost/healthz', { headers: { host } })).status).toBe(200);
  });
});

describe('a gateway without a list of hosts', () => {
  it('answers for any host', async () => {
    const { app } = gatewayHarness();
    expect((await app.request('http://any.example/v1/tags', postImage(files.jpeg()))).status).toBe(200);
  });

  it.each(['a.example, b.example', 'user@a.example'])('answers 400 to the Host field %j', async (host) => {
    const response = await gatewayHarness().app.request('http://localhost/healthz', { headers: { host } });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'malformed-request' }]);
  });
});
