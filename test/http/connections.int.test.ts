import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits, type GatewayLimits } from '../../gateway/limits.js';
import { serveHttp, type HttpServer } from '../../http/server.js';
import { systemClock, type Clock } from '../../primitives/clock.js';
import { gatewayHarness, type HarnessOptions } from '../gateway/harness.js';

let server: HttpServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close(0);
  server = undefined;
});

async function start(limits: Partial<GatewayLimits>, options: HarnessOptions = {}, clock: Clock = systemClock) {
  const harness = gatewayHarness({ clock: systemClock, limits, ...options });
  server = await serveHttp(harness.app, {
    port: 0,
    host: '127.0.0.1',
    limits: { ...defaultLimits, ...limits },
    metrics: harness.metrics,
    clock,
  });
  const { port } = server;
  const cuts = async () => {
    const metric = await harness.metrics.getSingleMetric('fanlight_gateway_connections_cut_total')?.get();
    return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['reason'], value]));
  };
  const active = async () =>
    (await harness.metrics.getSingleMetric('http_server_active_requests')?.get())?.values[0]?.value;
  return { ...harness, port, cuts, active };
}

/** Opens a connection that records the received bytes, and whether it is still open. */
async function open(
  port: number,
  text = '',
): Promise<{ socket: Socket; received: () => string; isOpen: () => boolean }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let received = '';
  let isOpen = true;
  socket
    .on('data', (bytes) => (received += bytes.toString('latin1')))
    .on('close', () => (isOpen = false))
    .on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(text);
  return { socket, received: () => received, isOpen: () => isOpen };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const upload = 'POST /v1/tags HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\n';
const answered = (text: string) => (text.match(/HTTP\/1\.1 \d{3}/g) ?? []).map((line) => line.slice(-3));

describe('connections', () => {
  it('above the limit get 503 while all others are busy, and are accepted again once one ends', async () => {
    const { port, cuts, active } = await start({ connections: 2 });
    const busy = [await open(port, upload), await open(port, upload)];
    await expect.poll(active).toBe(2);
    const refused = await open(port, get('/healthz'));
    await expect.poll(refused.isOpen).toBe(false);
    expect(refused.received()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1\r\n[^]*"code":"overloaded"/);
    expect([...busy.map(({ isOpen }) => isOpen()), await cuts()]).toEqual([true, true, { 'no-room': 1 }]);
    busy[0]?.socket.destroy();
    await expect
      .poll(async () => {
        const next = await open(port, get('/healthz'));
        await expect.poll(() => next.received() !== '' || !next.isOpen()).toBe(true);
        return answered(next.received());
      })
      .toEqual(['200']);
  });

  it('that are idle make room for new ones, the longest idle first', async () => {
    const { port, cuts } = await start({ connections: 2 });
    const first = await open(port, get('/healthz'));
    await expect.poll(first.received).toContain('200');
    const second = await open(port, get('/healthz'));
    await expect.poll(second.received).toContain('200');
    const third = await open(port, get('/healthz'));
    await expect.poll(third.received).toContain('200');
    await expect.poll(() => [first.isOpen(), second.isOpen(), third.isOpen()]).toEqual([false, true, true]);
    expect(await cuts()).toEqual({ 'made-room': 1 });
  });

  it('that send a request slowly make room when all are busy, the slowest first', async () => {
    let now = Date.now();
    const { port, cuts, active } = await start(
      { connections: 2 },
      {},
      { now: () => now, schedule: systemClock.schedule },
    );
    const [trickling, sending] = [await open(port, upload), await open(port, upload)];
    await expect.poll(active).toBe(2);
    sending.socket.write('x'.repeat(500));
    // The written bytes have arrived once the next connection has an answer.
    expect((await open(port, get('/healthz'))).isOpen()).toBe(true);
    await expect.poll(cuts).toEqual({ 'no-room': 1 });
    now += 6_000;
    const next = await open(port, get('/healthz'));
    await expect.poll(() => answered(next.received())).toEqual(['200']);
    expect([trickling.isOpen(), sending.isOpen(), await cuts()]).toEqual([false, true, { 'no-room': 1, slow: 1 }]);
  });

  it('with too many pipelined requests are closed, and the remaining requests get no answer', async () => {
    const { port, logLines, cuts } = await start({ pipelinedRequests: 4 });
    const flood = await open(port, get('/healthz').repeat(500));
    await expect.poll(flood.isOpen).toBe(false);
    expect(await cuts()).toEqual({ pipelined: 1 });
    expect(logLines.length).toBeLessThanOrEqual(4);
    const honest = await open(port, get('/healthz').repeat(4));
    await expect.poll(() => answered(honest.received())).toEqual(['200', '200', '200', '200']);
  });

  it('without a request are closed after the idle timeout', async () => {
    const { port, cuts } = await start({ idleConnectionMs: 300 });
    const idle = await open(port, get('/healthz'));
    await expect.poll(() => answered(idle.received())).toEqual(['200']);
    await expect.poll(idle.isOpen, { timeout: 5_000 }).toBe(false);
    expect(await cuts()).toEqual({ idle: 1 });
  });

  it('are closed soon after an early answer when the rest of the body trickles', async () => {
    const { port } = await start({});
    const trickling = await open(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na');
    await expect.poll(() => answered(trickling.received())).toEqual(['200']);
    await expect.poll(trickling.isOpen, { timeout: 3_000 }).toBe(false);
  });

  it('are reused after an early answer when the rest of the body arrives at once', async () => {
    const { port } = await start({});
    const text = 'x'.repeat(200_000);
    const again = await open(
      port,
      `POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    await expect.poll(() => answered(again.received())).toEqual(['404']);
    again.socket.write(get('/healthz'));
    await expect.poll(() => answered(again.received())).toEqual(['404', '200']);
  });

  // More than the socket buffers of both sides hold for a client that does not read.
  const outputs = { probs: new Uint8Array(16 * 2 ** 20), features: new Uint8Array(4) };
  const largeAnswers: HarnessOptions = {
    infer: () => Promise.resolve({ model: 'scene@1', items: 1, outputs, timings: {} }),
  };
  const tensor = JSON.stringify({
    inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, 2, 2, 3], data: Array(12).fill(0) }],
    parameters: { binary_data_output: true },
  });
  const ask = `POST /v2/models/scene/versions/1/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${tensor.length}\r\n\r\n${tensor}`;

  it('are closed when their client does not read the answer', async () => {
    const { port, cuts } = await start({ answerIdleMs: 500 }, largeAnswers);
    const deaf = await open(port);
    deaf.socket.pause();
    deaf.socket.write(ask);
    await expect.poll(cuts, { timeout: 8_000 }).toEqual({ stalled: 1 });
  });

  it('with the most unsent bytes are closed when the unsent bytes of all connections exceed the limit', async () => {
    const { port, cuts } = await start({ unsentBytes: 20 * 2 ** 20 }, largeAnswers);
    for (let turn = 0; turn < 3; turn += 1) {
      const deaf = await open(port);
      deaf.socket.pause();
      deaf.socket.write(ask);
    }
    await expect.poll(cuts, { timeout: 5_000 }).toEqual({ unsent: 2 });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });
});

describe('a request body', () => {
  it('in chunks of one byte is refused while it arrives', async () => {
    const { port, calls } = await start({});
    const fine = await open(
      port,
      `POST /v1/tags HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nA\r\n'.repeat(100_000)}`,
    );
    await expect.poll(() => answered(fine.received())).toEqual(['400']);
    expect(fine.received()).toContain('"code":"malformed-request"');
    await expect.poll(fine.isOpen).toBe(false);
    expect(calls).toEqual([]);
  });

  it('in chunks the size of short lines is accepted', async () => {
    const { port } = await start({});
    const line = '{"url":"http://a/1"}\n';
    const chunk = `${line.length.toString(16)}\r\n${line}\r\n`;
    const job = await open(
      port,
      `POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20_000)}0\r\n\r\n`,
    );
    await expect.poll(() => answered(job.received()), { timeout: 20_000 }).toEqual(['202']);
    expect(job.received()).toContain('"images":20000,');
  });

  it('is not refused for the framing of an earlier request of the same connection', async () => {
    const { port } = await start({});
    const refused = (path: string, body: string) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const again = await open(port);
    // The first request is answered before its body has arrived.
    again.socket.write(refused('/v2/models/cats/infer', 'x'.repeat(400_000)));
    await expect.poll(() => answered(again.received())).toEqual(['404']);
    const tensor = { inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, 2, 2, 3], data: Array(12).fill(0) }] };
    again.socket.write(refused('/v2/models/scene/versions/1/infer', JSON.stringify(tensor)));
    await expect.poll(() => answered(again.received())).toEqual(['404', '200']);
  });

  it('pushes out a larger body when memory is full, and the larger one gets 503', async () => {
    const { port, calls } = await start({ bodyMemoryBytes: 3_000_000 });
    const large = await open(
      port,
      'POST /v1/tags HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 3000000\r\n\r\n',
    );
    large.socket.write(Buffer.alloc(2_500_000, 1));
    const image = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(900_000)]);
    await expect
      .poll(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/v1/tags`, {
          method: 'POST',
          headers: { 'content-type': 'image/jpeg' },
          body: image,
        });
        await response.arrayBuffer();
        return [response.status, answered(large.received())];
      })
      .toEqual([200, ['503']]);
    expect(large.received()).toContain('"code":"overloaded"');
    expect(calls.length).toBeGreaterThan(0);
  });
});
