import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpServer, ServeOptions } from '../../http/server.js';
import { serveHttp } from '../../http/server.js';
import { systemClock } from '../../primitives/clock.js';
import type { ImageTags } from '../../schemas/events.js';
import type { HarnessOptions } from '../gateway/harness.js';
import { files, gatewayHarness, resultOf } from '../gateway/harness.js';

const MiB = 1024 * 1024;
const document = JSON.stringify({ url: 'https://photos.example/1.jpg' });
const json = { 'content-type': 'application/json' };

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close(0);
  server = undefined;
});

async function start(options: HarnessOptions = {}, serve: Partial<ServeOptions> = {}) {
  const harness = gatewayHarness({ clock: systemClock, ...options });
  server = await serveHttp(harness.app, { port: 0, host: '127.0.0.1', ...serve });
  return { ...harness, server, origin: `http://127.0.0.1:${server.port}` };
}

/** A tagger whose answers the test releases. */
function heldTagger() {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    release,
    tag: ({ image }: { image: Parameters<typeof resultOf>[0] }): Promise<ImageTags> =>
      released.then(() => resultOf(image)),
  };
}

/** Sends raw bytes, and returns all received bytes at the end of the connection. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => (answer += chunk))
      .on('end', () => resolve(answer))
      .on('error', reject);
  });
}

describe('uploads', () => {
  it('of 25 MiB arrive completely', async () => {
    const stored: number[] = [];
    const images = {
      put: (_: string, bytes: Uint8Array) => Promise.resolve(void stored.push(bytes.length)),
      urlOf: (sha: string) => `s3://images/${sha}`,
    };
    const { origin } = await start({ images });
    const response = await fetch(`${origin}/v1/tags`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: files.jpeg(25 * MiB),
    });
    expect([response.status, stored]).toEqual([200, [25 * MiB]]);
  });

  it('without a Content-Length are counted, and refused before they end', async () => {
    const { server, calls } = await start();
    let sent = 0;
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const upload = request({
        port: server.port,
        host: '127.0.0.1',
        path: '/v1/tags',
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
      });
      let answered = false;
      const finish = (response: IncomingMessage) => {
        answered = true;
        let body = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (body += chunk))
          .on('end', () => {
            upload.destroy();
            resolve({ status: response.statusCode, body });
          });
      };
      const pump = () => {
        // Only the refusal stops the upload.
        while (!answered && sent < 200 * MiB) {
          sent += MiB;
          if (!upload.write(files.jpeg(MiB))) return void upload.once('drain', pump);
        }
      };
      upload.on('response', finish).on('error', (error) => (answered ? undefined : reject(error)));
      pump();
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'too-large',
      detail: 'The image is larger than 26214400 bytes.',
    });
    expect(sent).toBeLessThan(100 * MiB);
    expect(calls).toEqual([]);
  });

  it('with a Content-Length above the limit are refused without being read', async () => {
    const { server } = await start();
    const answer = await exchange(
      server.port,
      'POST /v1/tags HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 30000000\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a client that disconnects', () => {
  it('while it waits for an answer aborts the work', async () => {
    const { origin, calls, logLines } = await start({ tag: () => new Promise(() => undefined) });
    const client = new AbortController();
    const answer = fetch(`${origin}/v1/tags`, { method: 'POST', headers: json, body: document, signal: client.signal });
    await expect.poll(() => calls.length).toBe(1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => calls[0]?.options.signal.aborted).toBe(true);
    await expect.poll(() => logLines.map(({ status, level }) => [status, level])).toEqual([[499, 30]]);
  });

  it('in the middle of its body is logged as 499 and not as a failure', async () => {
    const { server, calls, logLines } = await start();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      'POST /v1/tags HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\nabc',
      () => setTimeout(() => socket.destroy(), 50),
    );
    await expect.poll(() => logLines.map(({ status, level }) => [status, level])).toEqual([[499, 30]]);
    expect(calls).toEqual([]);
  });
});

describe('shutdown of the server', () => {
  it('answers "not ready", stops accepting, and lets requests finish', async () => {
    const held = heldTagger();
    const { origin, server, calls } = await start({ tag: held.tag }, { noticeMs: 300 });
    const inFlight = fetch(`${origin}/v1/tags`, { method: 'POST', headers: json, body: document });
    await expect.poll(() => calls.length).toBe(1);

    const closed = server.close(5000);
    const ready = await fetch(`${origin}/readyz`);
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
    expect(await ready.json()).toMatchObject({ code: 'not-ready', detail: 'The gateway is shutting down.' });
    await expect
      .poll(
        () =>
          fetch(`${origin}/readyz`).then(
            () => 'open',
            () => 'refused',
          ),
        { timeout: 3000 },
      )
      .toBe('refused');

    held.release();
    expect((await inFlight).status).toBe(200);
    await closed;
  });

  it('closes connections after the grace period, and aborts their requests', async () => {
    const { origin, server, calls } = await start({ tag: () => new Promise(() => undefined) });
    const inFlight = fetch(`${origin}/v1/tags`, { method: 'POST', headers: json, body: document }).then(
      () => 'answered',
      () => 'cut off',
    );
    await expect.poll(() => calls.length).toBe(1);
    await server.close(50);
    expect(await inFlight).toBe('cut off');
    await expect.poll(() => calls[0]?.options.signal.aborted).toBe(true);
  });

  it('does not wait for idle keep-alive connections', async () => {
    const { origin, server } = await start();
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      request(`${origin}/healthz`, { agent }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end();
    });
    const before = Date.now();
    await server.close(5000);
    expect(Date.now() - before).toBeLessThan(1000);
    agent.destroy();
  });

  it('joins a second call of close with the first', async () => {
    const { server } = await start();
    expect(server.close(0)).toBe(server.close(0));
    await server.close(0);
  });
});

describe('an invalid HTTP request', () => {
  it.each([
    { name: 'noise', text: '\x16\x03\x01\x02\r\n\r\n', status: 400, code: 'malformed-request' },
    { name: 'no Host', text: 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', status: 400, code: undefined },
    { name: 'HTTP/1.0 without Host', text: 'GET / HTTP/1.0\r\n\r\n', status: 200, code: undefined },
    {
      name: 'an invalid Host',
      text: 'GET / HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n',
      status: 400,
      code: 'malformed-request',
    },
    {
      name: 'two lengths',
      text: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      status: 400,
      code: 'malformed-request',
    },
    {
      name: 'length and chunks',
      text: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      status: 400,
      code: 'malformed-request',
    },
    {
      name: 'endless header fields',
      text: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      status: 431,
      code: 'headers-too-large',
    },
  ])('with $name gets $status', async ({ text, status, code }) => {
    const { server } = await start();
    const answer = await exchange(server.port, text);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (code !== undefined) expect(JSON.parse(body)).toMatchObject({ code, status, type: `/problems/${code}` });
  });

  it('with header fields that do not end in time gets 408', async () => {
    const { server } = await start({}, { headersTimeoutMs: 200, connectionCheckMs: 50 });
    const answer = await exchange(server.port, 'POST /v1/tags HTTP/1.1\r\nHost: a\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('with a body that does not arrive gets 408, and the connection ends', async () => {
    const { server } = await start({ limits: { bodyMs: 200 }, clock: systemClock });
    const answer = await exchange(
      server.port,
      'POST /v1/tags HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\nabc',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request-timeout"/);
  });
});
