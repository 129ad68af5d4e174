import { describe, expect, it } from 'vitest';
import { files, gatewayHarness, postImage, postJson } from './harness.js';

const url = 'https://photos.example/1.jpg';
const raw = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});
const body = (document: unknown) => ({ init: postJson(document) });
const query = (text: string, init: RequestInit = postImage(files.jpeg())) => ({ path: `/v1/tags?${text}`, init });

interface Case {
  readonly path?: string;
  readonly init: RequestInit;
}

const cases: Readonly<Record<string, readonly [status: number, code: string, request: Case]>> = {
  'no body': [400, 'malformed-json', { init: raw('') }],
  'text that is not JSON': [400, 'malformed-json', { init: raw('url=https://a/b') }],
  'half a document': [400, 'malformed-json', { init: raw('{"url": "https://a') }],
  'two documents': [400, 'malformed-json', { init: raw('{"url":"https://a/b"}{}') }],
  'bytes that are not UTF-8': [400, 'malformed-json', { init: raw(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])) }],
  'UTF-16': [400, 'malformed-json', { init: raw(new Uint8Array(Buffer.from('{"url":"https://a/b"}', 'utf16le'))) }],
  'unclosed brackets': [400, 'malformed-json', { init: raw('['.repeat(60_000)) }],
  'an image sent as JSON': [400, 'malformed-json', { init: raw(files.jpeg()) }],
  null: [400, 'invalid-request', body(null)],
  'a list': [400, 'invalid-request', body([{ url }])],
  'a string': [400, 'invalid-request', body(url)],
  'a number': [400, 'invalid-request', body(1)],
  'an empty object': [400, 'invalid-request', body({})],
  'an unknown field': [400, 'invalid-request', body({ url, colour: 'red' })],
  'a misspelt field': [400, 'invalid-request', body({ url, imageID: 'x' })],
  __proto__: [400, 'invalid-request', { init: raw(`{"url":"${url}","__proto__":{"admin":true}}`) }],
  'a thousand unknown fields': [
    400,
    'invalid-request',
    body(Object.fromEntries([['url', url], ...Array.from({ length: 1000 }, (_, i) => [`f${i}`, i])])),
  ],
  'a lone surrogate as a field name': [400, 'invalid-request', { init: raw(`{"url":"${url}","\\ud800":1}`) }],
  'url: null': [400, 'invalid-request', body({ url: null })],
  'url: a number': [400, 'invalid-request', body({ url: 7 })],
  'url: empty': [400, 'invalid-request', body({ url: '' })],
  'url: relative': [400, 'invalid-request', body({ url: '/photo.jpg' })],
  'url: without host': [400, 'invalid-request', body({ url: 'https://' })],
  'url: port out of range': [400, 'invalid-request', body({ url: 'https://a:99999/b' })],
  'url: file': [400, 'invalid-request', body({ url: 'file:///etc/passwd' })],
  'url: ftp': [400, 'invalid-request', body({ url: 'ftp://a/b' })],
  'url: the image store': [400, 'invalid-request', body({ url: 's3://images/abc' })],
  'url: data': [400, 'invalid-request', body({ url: 'data:image/png;base64,AAAA' })],
  'url: javascript': [400, 'invalid-request', body({ url: 'javascript:alert(1)' })],
  'url: with a password': [400, 'invalid-request', body({ url: 'https://me:secret@a/b' })],
  'url: too long': [400, 'invalid-request', body({ url: `https://a/${'b'.repeat(5000)}` })],
  'imageId: empty': [400, 'invalid-request', body({ url, imageId: '' })],
  'imageId: a number': [400, 'invalid-request', body({ url, imageId: 1 })],
  'imageId: a line break': [400, 'invalid-request', body({ url, imageId: 'a\r\nx-evil: 1' })],
  'imageId: NUL': [400, 'invalid-request', body({ url, imageId: 'a\0' })],
  'imageId: too long': [400, 'invalid-request', body({ url, imageId: 'x'.repeat(257) })],
  'imageId: a lone surrogate': [400, 'invalid-request', { init: raw(`{"url":"${url}","imageId":"\\ud800"}`) }],
  'listingId: a list': [400, 'invalid-request', body({ url, listingId: ['a'] })],
  'deadlineMs: too short': [400, 'invalid-request', body({ url, deadlineMs: 99 })],
  'deadlineMs: too long': [400, 'invalid-request', body({ url, deadlineMs: 60_001 })],
  'deadlineMs: negative': [400, 'invalid-request', body({ url, deadlineMs: -1 })],
  'deadlineMs: a fraction': [400, 'invalid-request', body({ url, deadlineMs: 500.5 })],
  'deadlineMs: text': [400, 'invalid-request', body({ url, deadlineMs: '500' })],
  'deadlineMs: infinity': [400, 'invalid-request', { init: raw(`{"url":"${url}","deadlineMs":1e999}`) }],
  'pipeline: unknown': [400, 'unknown-pipeline', body({ url, pipeline: 'cats@9' })],
  'pipeline: empty': [400, 'unknown-pipeline', body({ url, pipeline: '' })],
  'pipeline: the name of a property of every object': [400, 'unknown-pipeline', body({ url, pipeline: 'constructor' })],
  'pipeline: a number': [400, 'invalid-request', body({ url, pipeline: 1 })],
  'a query beside a document': [400, 'invalid-request', query('imageId=a', postJson({ url }))],
  'query: unknown': [400, 'invalid-request', query('colour=red')],
  'query: url beside an image': [400, 'invalid-request', query(`url=${encodeURIComponent(url)}`)],
  'query: twice': [400, 'invalid-request', query('imageId=a&imageId=b')],
  'query: deadlineMs in words': [400, 'invalid-request', query('deadlineMs=soon')],
  'query: deadlineMs in hexadecimal': [400, 'invalid-request', query('deadlineMs=0x1ff')],
  'query: deadlineMs empty': [400, 'invalid-request', query('deadlineMs=')],
  'query: broken escapes': [400, 'invalid-request', query('%E0%A4%A=1')],
  'query: __proto__': [400, 'invalid-request', query('__proto__=1')],
  'query: unknown pipeline': [400, 'unknown-pipeline', query('pipeline=cats@9')],
  'a document too large': [413, 'too-large', { init: raw(`{"url":"${url}"${' '.repeat(140_000)}}`) }],
  'a Content-Length too large': [413, 'too-large', { init: raw('{}', { 'content-length': '1e9' }) }],
  'an image too large': [413, 'too-large', { init: postImage(files.jpeg(26 * 1024 * 1024)) }],
  'an empty image': [422, 'empty-file', { init: postImage(new Uint8Array()) }],
  'HTML sent as JPEG': [422, 'not-an-image', { init: postImage(files.html()) }],
  'zeros sent as JPEG': [422, 'not-an-image', { init: postImage(files.zeros()) }],
  'one byte': [422, 'not-an-image', { init: postImage(new Uint8Array([0xff])) }],
  'a PDF': [422, 'not-an-image', { init: postImage(files.pdf(), 'application/octet-stream') }],
  'SVG sent as PNG': [422, 'not-an-image', { init: postImage(files.svg(), 'image/png') }],
  GIF: [415, 'unsupported-format', { init: postImage(files.gif(), 'application/octet-stream') }],
  'HEIC by its own type': [415, 'unsupported-format', { init: postImage(files.heic(), 'image/heic') }],
  'HEIF by its own type': [415, 'unsupported-format', { init: postImage(files.heic(), 'Image/HEIF') }],
  HEIC: [415, 'unsupported-format', { init: postImage(files.heic(), 'application/octet-stream') }],
  TIFF: [415, 'unsupported-format', { init: postImage(files.tiff(), 'application/octet-stream') }],
  'no Content-Type': [415, 'unsupported-media-type', { init: { method: 'POST', body: new Uint8Array([1]) } }],
  'a form': [415, 'unsupported-media-type', { init: { method: 'POST', body: new URLSearchParams({ url }) } }],
  'a multipart form': [415, 'unsupported-media-type', { init: { method: 'POST', body: new FormData() } }],
  'plain text': [415, 'unsupported-media-type', { init: raw('{}', { 'content-type': 'text/plain' }) }],
  'an invalid Content-Type': [415, 'unsupported-media-type', { init: raw('{}', { 'content-type': ';;;' }) }],
  'a very long Content-Type': [
    415,
    'unsupported-media-type',
    { init: raw('{}', { 'content-type': 'a'.repeat(9000) }) },
  ],
  'a gzip body': [415, 'unsupported-media-type', { init: raw('{}', { 'content-encoding': 'gzip' }) }],
  'Accept: text/html': [406, 'not-acceptable', { init: postJson({ url }, { accept: 'text/html' }) }],
  'Accept: JSON with weight 0': [
    406,
    'not-acceptable',
    { init: postJson({ url }, { accept: 'application/json;q=0, */*' }) },
  ],
  'GET on a POST route': [405, 'method-not-allowed', { init: { method: 'GET' } }],
  DELETE: [405, 'method-not-allowed', { init: { method: 'DELETE' } }],
  'an invented method': [405, 'method-not-allowed', { init: { method: 'BREW' } }],
  'POST on a GET route': [405, 'method-not-allowed', { path: '/healthz', init: { method: 'POST' } }],
  'an unknown path': [404, 'no-such-route', { path: '/v1/cats', init: postJson({ url }) }],
  'a slash too many': [404, 'no-such-route', { path: '/v1/tags/', init: postJson({ url }) }],
  'a path with broken escapes': [404, 'no-such-route', { path: '/%E0%A4%A', init: { method: 'GET' } }],
  'a path with parent segments': [
    404,
    'no-such-route',
    { path: '/problems/..%2f..%2fetc%2fpasswd', init: { method: 'GET' } },
  ],
  'an unknown problem': [404, 'no-such-route', { path: '/problems/toString', init: { method: 'GET' } }],
};

describe('a malformed request', () => {
  it.each(Object.entries(cases).map(([name, [status, code, request]]) => ({ name, status, code, ...request })))(
    '$name: $status $code',
    async ({ status, code, path = '/v1/tags', init }) => {
      const { app, calls } = gatewayHarness();
      const response = await app.request(path, init);
      const text = await response.text();
      expect({ status: response.status, ...(JSON.parse(text) as object) }).toMatchObject({
        status,
        code,
        type: `/problems/${code}`,
      });
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('x-request-id')).toBe('01'.repeat(16));
      expect(text).not.toMatch(/\.[jt]s:\d+|node_modules|node:internal/);
      expect(text.length).toBeLessThan(4000);
      expect(calls).toEqual([]);
    },
  );

  it.each(['*/*', 'application/json', 'application/*;q=0.1', 'text/html, */*;q=0.8', 'APPLICATION/JSON', ''])(
    'is not detected for Accept: %j',
    async (accept) => {
      const { app } = gatewayHarness();
      expect((await app.request('/v1/tags', postJson({ url }, { accept }))).status).toBe(200);
    },
  );

  it('is answered with the accepted types, encodings or methods', async () => {
    const { app } = gatewayHarness();
    const type = await app.request('/v1/tags', raw('{}', { 'content-type': 'text/plain' }));
    const encoding = await app.request('/v1/tags', raw('{}', { 'content-encoding': 'br' }));
    const method = await app.request('/v1/tags', { method: 'PUT' });
    expect([type.headers.get('accept'), encoding.headers.get('accept-encoding'), method.headers.get('allow')]).toEqual([
      'application/json, image/jpeg, image/png, image/webp, image/avif, application/octet-stream',
      'identity',
      'POST, OPTIONS',
    ]);
  });
});
