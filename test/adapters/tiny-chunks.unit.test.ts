import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createUrlFetcher } from '../../adapters/url-fetcher/url-fetcher.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { codeAndMessage, failureOf } from '../processors/support.js';
import { startHttpServer, startTcpServer, type TestServer } from './support.js';

const never = new AbortController().signal;
let server: TestServer | undefined;
afterEach(() => server?.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns the bytes in use after garbage collection. */
async function bytesInUse(): Promise<number> {
  // Two collections with a turn of the event loop between, because buffers are freed after the objects that hold them.
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Encodes a body in chunks (RFC 9112, 7.1), without the end. */
function chunked(body: Buffer, chunkSize: number): Buffer {
  const size = Buffer.from(`${chunkSize.toString(16)}\r\n`);
  const encoded = Buffer.alloc((body.length / chunkSize) * (size.length + chunkSize + 2));
  for (let from = 0, to = 0; from < body.length; from += chunkSize) {
    to += size.copy(encoded, to);
    to += body.copy(encoded, to, from, from + chunkSize);
    to += encoded.write('\r\n', to);
  }
  return encoded;
}

function fetcherFor({ port }: TestServer, options: Parameters<typeof createUrlFetcher>[0] = {}) {
  const fetcher = createUrlFetcher({ allowAddresses: ['127.0.0.1/32'], totalTimeoutMs: 30_000, ...options });
  return { ...fetcher, fetch: (path = '/') => fetcher.fetch(`http://127.0.0.1:${port}${path}`, never) };
}

const photo = Buffer.alloc(2 * 2 ** 20, 'photo');
/** Kept for the whole test file, so that memory of the server does not distort the measurement. */
const encoded = { oneByte: chunked(photo, 1), small: chunked(photo, 32) };
const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

let received = 0;
const count = (message: unknown) => void (received += (message as { readonly chunk: Uint8Array }).chunk.length);
beforeEach(() => {
  received = 0;
  subscribe('undici:request:bodyChunkReceived', count);
});
afterEach(() => void unsubscribe('undici:request:bodyChunkReceived', count));

it('refuses a photo in one-byte chunks as host-error, and stops reading it', async () => {
  let socket: Socket | undefined;
  server = await startTcpServer((opened) => {
    socket = opened.once('data', () => {
      opened.write(head);
      opened.write(encoded.oneByte);
      opened.end('0\r\n\r\n');
    });
  });
  const { fetch, close } = fetcherFor(server);
  const before = await bytesInUse();
  expect(codeAndMessage(await failureOf(fetch()))).toEqual({
    code: 'host-error',
    message: '127.0.0.1 sent its file in chunks of less than 16 bytes.',
  });
  expect(received).toBeLessThan(64 * 1024);
  await expect.poll(() => socket?.destroyed).toBe(true);
  expect((await bytesInUse()) - before).toBeLessThan(photo.length);
  await close();
});

it('accepts a photo in chunks of 32 bytes, and needs less than three times its size in memory', async () => {
  let finish: () => void = () => undefined;
  server = await startTcpServer((socket) => {
    finish = () => socket.write('0\r\n\r\n');
    socket.once('data', () => socket.write(head) && socket.write(encoded.small));
  });
  const { fetch, close } = fetcherFor(server);
  const before = await bytesInUse();
  const fetched = fetch();
  await expect.poll(() => received, { timeout: 10_000 }).toBe(photo.length);
  const held = (await bytesInUse()) - before;
  finish();
  expect(Buffer.compare(await fetched, photo)).toBe(0);
  expect(held / photo.length).toBeGreaterThan(0.5); // otherwise the measurement is wrong
  expect(held / photo.length).toBeLessThan(3);
  await close();
});

it('accepts a small photo in few tiny chunks', async () => {
  server = await startHttpServer((_request, response) => {
    for (let chunk = 0; chunk < 1_000; chunk += 1) response.write('x');
    response.end();
  });
  const { fetch, close } = fetcherFor(server);
  expect((await fetch()).length).toBe(1_000);
  await close();
});

it('closes the connection when a host sends the rest of a refusal byte by byte', async () => {
  let closed = false;
  server = await startHttpServer((_request, response) => {
    response.writeHead(404, { 'content-length': 10_000 }).write('n');
    response.on('close', () => (closed = true));
  });
  const clock = createManualClock();
  const { fetch, close } = fetcherFor(server, { clock });
  expect((await failureOf(fetch())).code).toBe('not-found');
  clock.advance(999);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(closed).toBe(false);
  clock.advance(1);
  await expect.poll(() => closed).toBe(true);
  await close();
});
