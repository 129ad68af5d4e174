import { gzipSync, brotliCompressSync } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUrlFetcher } from '../../adapters/url-fetcher/url-fetcher.js';
import type { UrlFetcherOptions } from '../../adapters/url-fetcher/options.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { codeAndMessage, failureOf } from '../processors/support.js';
import { startHttpServer, startTcpServer, type TestServer } from './support.js';

const photo = Buffer.alloc(10_000, 'photo');
const never = new AbortController().signal;
const requests: IncomingMessage[] = [];
let server: TestServer;

type Handler = (response: ServerResponse, request: IncomingMessage) => void;

const status =
  (code: number): Handler =>
  (response) =>
    response.writeHead(code).end('no');
const redirectTo =
  (location: string, code = 302): Handler =>
  (response) =>
    response.writeHead(code, { location }).end('moved');

const handlers: Readonly<Record<string, Handler>> = {
  '/photo': (response) => response.end(photo),
  '/photo?sig=secret': (response) => response.end(photo),
  '/gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(photo)),
  '/br': (response) => response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(photo)),
  '/gzip-bomb': (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000))),
  '/gzip-damaged': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(photo),
  '/zstd': (response) => response.writeHead(200, { 'content-encoding': 'zstd' }).end(photo),
  '/empty': (response) => response.end(),
  '/no-content': status(204),
  '/once': redirectTo('/photo'),
  '/absolute': (response, { headers }) => response.writeHead(301, { location: `http://${headers.host}/photo` }).end(),
  '/1': redirectTo('/2', 303),
  '/2': redirectTo('/3', 307),
  '/3': redirectTo('/4', 308),
  '/4': redirectTo('/photo'),
  '/self': redirectTo('/self'),
  '/ping': redirectTo('/pong'),
  '/pong': redirectTo('/ping'),
  '/nowhere': status(302),
  '/to-ftp': redirectTo('ftp://a.example/x'),
  '/to-private': redirectTo('http://10.0.0.1/x'),
  '/to-metadata': redirectTo('http://169.254.169.254/latest/meta-data/'),
  '/to-userinfo': redirectTo('http://admin:secret@127.0.0.1/'),
  '/to-garbage': redirectTo('http://[/'),
  '/large-announced': (response) => response.writeHead(200, { 'content-length': 5_000_000 }).write('x'),
  '/large-chunked': (response) => void pour(response),
  '/short': (response) => {
    response.writeHead(200, { 'content-length': 20_000 }).write(photo);
    setImmediate(() => response.destroy());
  },
  '/hang': () => undefined,
  '/hang-in-body': (response) => void response.writeHead(200, { 'content-length': 20_000 }).write(photo),
  '/drip': (response) => {
    const timer = setInterval(() => response.write('x'), 5);
    response.on('close', () => clearInterval(timer));
  },
};

/** Writes without end, as fast as the client reads. */
function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(photo));
  if (!response.destroyed) response.once('drain', () => pour(response));
}

beforeAll(async () => {
  server = await startHttpServer((request, response) => {
    requests.push(request);
    const code = /^\/status\/(\d+)$/.exec(request.url ?? '')?.[1];
    const handler = code === undefined ? handlers[request.url ?? ''] : status(Number(code));
    if (handler === undefined) throw new Error(`The test asks for ${request.url}`);
    handler(response, request);
  });
});
afterAll(() => server.close());

const url = (path: string, host = '127.0.0.1') => `http://${host}:${server.port}${path}`;

function create(options: Partial<UrlFetcherOptions> = {}) {
  return createUrlFetcher({
    maxBytes: 100_000,
    totalTimeoutMs: 5_000,
    connectTimeoutMs: 2_000,
    allowAddresses: [`127.0.0.1/32:${server.port}`],
    ...options,
  });
}

async function fetchOnce(
  target: string,
  options: Partial<UrlFetcherOptions> = {},
  signal = never,
): Promise<Uint8Array> {
  const fetcher = create(options);
  try {
    return await fetcher.fetch(target, signal);
  } finally {
    await fetcher.close();
  }
}

describe('URL fetcher', () => {
  it.each(['/photo', '/gzip', '/br', '/once', '/absolute', '/2', '/photo?sig=secret'])('fetches %s', async (path) => {
    expect(Buffer.from(await fetchOnce(url(path))).equals(photo)).toBe(true);
  });

  it('sends its user agent and requests bytes without content encoding', async () => {
    await fetchOnce(url('/photo'), { userAgent: 'Test/1' });
    expect(requests.at(-1)?.headers).toMatchObject({ 'user-agent': 'Test/1', 'accept-encoding': 'identity' });
  });

  it('reuses connections after redirects and refusals', async () => {
    const fetcher = create();
    const before = server.connections();
    for (let i = 0; i < 5; i++) {
      await fetcher.fetch(url('/once'), never);
      await failureOf(fetcher.fetch(url('/status/404'), never));
    }
    // Two, because the rest of a refusal may still arrive when the next request starts.
    expect(server.connections() - before).toBeLessThanOrEqual(2);
    await fetcher.close();
  });
});

describe('URL fetcher: status codes', () => {
  it.each([
    [404, 'not-found', false],
    [410, 'not-found', false],
    [401, 'refused-by-host', false],
    [403, 'refused-by-host', false],
    [400, 'refused-by-host', false],
    [451, 'refused-by-host', false],
    [206, 'refused-by-host', false],
    [304, 'refused-by-host', false],
    [408, 'host-error', true],
    [425, 'host-error', true],
    [429, 'host-error', true],
    [500, 'host-error', true],
    [503, 'host-error', true],
  ])('maps status %i to %s (retryable: %s)', async (code, expected, retryable) => {
    const failure = await failureOf(fetchOnce(url(`/status/${code}`)));
    expect([failure.code, failure.retryable, failure.message]).toEqual([
      expected,
      retryable,
      `127.0.0.1 answered with status ${code}.`,
    ]);
  });
});

describe('URL fetcher: refusals', () => {
  it.each<[string, string, string]>([
    ['/empty', 'empty-file', '127.0.0.1 answered with an empty file.'],
    ['/no-content', 'empty-file', '127.0.0.1 answered with an empty file.'],
    ['/1', 'too-many-redirects', 'The URL still redirects after 3 redirects, last at 127.0.0.1.'],
    ['/self', 'too-many-redirects', '127.0.0.1 redirects in a circle.'],
    ['/ping', 'too-many-redirects', '127.0.0.1 redirects in a circle.'],
    ['/nowhere', 'host-error', '127.0.0.1 answered with status 302 but no location.'],
    ['/to-ftp', 'invalid-url', 'The URL starts with ftp: and not with http: or https:.'],
    [
      '/to-private',
      'forbidden-address',
      '10.0.0.1 is a private address, and Fanlight connects to public addresses only.',
    ],
    [
      '/to-metadata',
      'forbidden-address',
      '169.254.169.254 is a link-local address, and Fanlight connects to public addresses only.',
    ],
    [
      '/to-userinfo',
      'invalid-url',
      'The URL for 127.0.0.1 contains a user name or password, which Fanlight does not send.',
    ],
    ['/to-garbage', 'invalid-url', 'The redirect of 127.0.0.1 is not a valid URL.'],
    ['/large-announced', 'too-large', 'The file at 127.0.0.1 is larger than the 100000 bytes allowed.'],
    ['/large-chunked', 'too-large', 'The file at 127.0.0.1 is larger than the 100000 bytes allowed.'],
    ['/gzip-bomb', 'too-large', 'The file at 127.0.0.1 is larger than the 100000 bytes allowed.'],
    ['/gzip-damaged', 'host-error', '127.0.0.1 answered with damaged gzip data.'],
    ['/zstd', 'host-error', '127.0.0.1 answered in the encoding "zstd", which was not requested.'],
    ['/short', 'host-error', '127.0.0.1 closed the connection before the whole file was sent.'],
  ])('refuses the answer of %s as %s', async (path, code, message) => {
    expect(codeAndMessage(await failureOf(fetchOnce(url(path))))).toEqual({ code, message });
  });

  it.each<[string, string, string]>([
    ['nonsense', 'invalid-url', 'The URL is not a valid URL.'],
    ['', 'invalid-url', 'The URL is not a valid URL.'],
    ['file:///etc/passwd', 'invalid-url', 'The URL starts with file: and not with http: or https:.'],
    ['data:image/png;base64,AA', 'invalid-url', 'The URL starts with data: and not with http: or https:.'],
    [
      'https://user:pass@a.example/x',
      'invalid-url',
      'The URL for a.example contains a user name or password, which Fanlight does not send.',
    ],
    [`https://a.example/${'x'.repeat(9000)}`, 'invalid-url', 'The URL is longer than 8192 characters.'],
  ])('refuses the URL "%s" as %s', async (target, code, message) => {
    expect(codeAndMessage(await failureOf(fetchOnce(target)))).toEqual({ code, message });
  });

  it('reports host-error for an answer that is not HTTP and for a host that hangs up', async () => {
    const gibberish = await startTcpServer((socket) => void socket.end('220 mail.example ESMTP\r\n'));
    const hangsUp = await startTcpServer((socket) => void socket.destroy());
    const allowAddresses = ['127.0.0.1/32'];
    const failures = await Promise.all(
      [gibberish, hangsUp].map(({ port }) => failureOf(fetchOnce(`http://127.0.0.1:${port}/`, { allowAddresses }))),
    );
    expect(failures.map(({ code }) => code)).toEqual(['host-error', 'host-error']);
    await Promise.all([gibberish.close(), hangsUp.close()]);
  });

  it('reports host-unreachable for an unknown name, a closed port and a port without TLS', async () => {
    const plain = await startTcpServer((socket) => void socket.end('no TLS here'));
    const closed = await startTcpServer(() => undefined);
    await closed.close();
    const options = { allowAddresses: ['127.0.0.1/32'] };
    const unknown = fetchOnce('http://a.example/', { resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    const failures = await Promise.all([
      failureOf(unknown),
      failureOf(fetchOnce(`http://127.0.0.1:${closed.port}/`, options)),
      failureOf(fetchOnce(`https://127.0.0.1:${plain.port}/`, options)),
    ]);
    expect(failures.map(codeAndMessage)).toEqual([
      { code: 'host-unreachable', message: 'a.example cannot be reached: no permitted address is known for it.' },
      { code: 'host-unreachable', message: '127.0.0.1 cannot be reached: it refuses connections.' },
      { code: 'host-unreachable', message: expect.stringContaining('127.0.0.1 cannot be reached:') },
    ]);
    await plain.close();
  });

  it('never repeats secrets of the URL in a failure', async () => {
    const texts = await Promise.all(
      ['http://admin:hunter2@a.example/', `${url('/status/404')}?hunter2`, 'http://[hunter2'].map(async (target) => {
        const failure = await failureOf(fetchOnce(target.replace('/status/404?hunter2', '/self')));
        return `${failure.message} ${failure.remedy} ${String(failure.cause)}`;
      }),
    );
    expect(texts.join('\n')).not.toContain('hunter2');
  });
});

describe('URL fetcher: addresses', () => {
  it.each([
    'http://127.0.0.1:1/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://2130706433/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://%31%32%37.0.0.1/',
    'http://①②⑦.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[fd00:ec2::254]/',
    'http://169.254.169.254/latest/meta-data/',
    'https://10.1.2.3/',
  ])('forbids %s without a name look-up', async (target) => {
    const resolve = () => Promise.reject(new Error('A literal address must not be looked up.'));
    expect((await failureOf(fetchOnce(target, { resolve }))).code).toBe('forbidden-address');
  });

  it('never connects to localhost, which the system resolver knows', async () => {
    expect(codeAndMessage(await failureOf(fetchOnce('http://localhost:1/')))).toEqual({
      code: 'host-unreachable',
      message: 'localhost cannot be reached: no permitted address is known for it.',
    });
  });

  it('looks a name up once and connects to the checked address', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    let lookUps = 0;
    const resolve = async () => answers[lookUps++] ?? [];
    const bytes = await fetchOnce(url('/photo', 'photos.example'), { resolve });
    expect([bytes.length, lookUps, requests.at(-1)?.headers.host]).toEqual([
      photo.length,
      1,
      `photos.example:${server.port}`,
    ]);
  });

  it('checks a name again for a new connection', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    let lookUps = 0;
    const fetcher = create({ resolve: async () => answers[lookUps++] ?? [] });
    await fetcher.fetch(url('/photo', 'photos.example'), never);
    // Another origin, so that the fetcher cannot reuse the connection.
    const failure = await failureOf(fetcher.fetch('http://photos.example/photo', never));
    expect([failure.code, lookUps]).toEqual(['host-unreachable', 2]);
    await fetcher.close();
  });

  it('tries the next address when the first refuses connections', async () => {
    const options = { allowAddresses: ['127.0.0.0/8'], resolve: async () => ['127.0.0.2', '127.0.0.1'] };
    expect((await fetchOnce(url('/photo', 'photos.example'), options)).length).toBe(photo.length);
  });
});

describe('URL fetcher: timeouts', () => {
  it.each(['/hang', '/hang-in-body', '/drip'])('ends %s at the total timeout', async (path) => {
    const failure = await failureOf(fetchOnce(url(path), { totalTimeoutMs: 60 }));
    expect(codeAndMessage(failure)).toEqual({
      code: 'host-timeout',
      message: '127.0.0.1 took longer than 0.06 s to send the file.',
    });
  });

  it('ends at the connect timeout when the name server does not answer', async () => {
    const options = { connectTimeoutMs: 40, resolve: () => new Promise<never>(() => undefined) };
    const failure = await failureOf(fetchOnce('http://slow.example/', options));
    expect(codeAndMessage(failure)).toEqual({
      code: 'host-timeout',
      message: 'slow.example took longer than 0.04 s to accept a connection.',
    });
  });

  it('ends when the caller aborts', async () => {
    const abort = new AbortController();
    const work = fetchOnce(url('/hang'), {}, abort.signal);
    abort.abort(new Error('worker stops'));
    await expect(work).rejects.toThrow('worker stops');
  });

  it('fetches from other hosts without delay while one host hangs', async () => {
    const fetcher = create({
      totalTimeoutMs: 300,
      concurrency: 4,
      concurrencyPerHost: 2,
      resolve: async () => ['127.0.0.1'],
    });
    const order: string[] = [];
    const hanging = Array.from({ length: 4 }, () =>
      failureOf(fetcher.fetch(url('/hang', 'dead.example'), never)).then(({ code }) => void order.push(code)),
    );
    const others = Array.from({ length: 6 }, () =>
      fetcher.fetch(url('/photo', 'live.example'), never).then(() => void order.push('photo')),
    );
    await Promise.all([...hanging, ...others]);
    expect(order).toEqual([...Array<string>(6).fill('photo'), ...Array<string>(4).fill('host-timeout')]);
    await fetcher.close();
  });

  it('pauses requests to a host after three timeouts in a row, and asks it again after the pause', async () => {
    const clock = createManualClock();
    const fetcher = create({
      clock,
      totalTimeoutMs: 1_000,
      resolve: async () => ['127.0.0.1'],
      hostHealth: { failuresToPause: 3, pauseMs: 10_000 },
    });
    const dead = url('/hang', 'dead.example');
    const asked = () => requests.filter(({ headers }) => headers.host?.startsWith('dead.example')).length;
    const before = asked();
    for (let failures = 1; failures <= 3; failures += 1) {
      const failure = failureOf(fetcher.fetch(dead, never));
      await expect.poll(asked).toBe(before + failures);
      clock.advance(1_000);
      expect(codeAndMessage(await failure)).toEqual({
        code: 'host-timeout',
        message: 'dead.example took longer than 1 s to send the file.',
      });
    }
    expect(codeAndMessage(await failureOf(fetcher.fetch(dead, never)))).toEqual({
      code: 'host-timeout',
      message: 'dead.example did not answer 3 times in a row, and is not asked again for 10 s.',
    });
    expect(asked()).toBe(before + 3);
    expect((await fetcher.fetch(url('/photo', 'live.example'), never)).length).toBe(photo.length);
    clock.advance(10_000);
    expect((await fetcher.fetch(url('/photo', 'dead.example'), never)).length).toBe(photo.length);
    await fetcher.close();
  });
});
