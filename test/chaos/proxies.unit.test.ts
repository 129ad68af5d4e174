import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHttpProxy, type HttpProxy } from '../../chaos/stack/http-proxy.js';
import { roleOfClient } from '../../chaos/stack/kafka-client-id.js';
import { openLink, type Link } from '../../chaos/stack/link.js';

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

describe('the HTTP proxy of a store', () => {
  let store: Server;
  let proxy: HttpProxy;
  let acted: number;
  beforeEach(async () => {
    acted = 0;
    store = createServer((request, response) => {
      request.resume().on('end', () => {
        acted += 1;
        response.end('done');
      });
    }).listen(0, '127.0.0.1');
    await once(store, 'listening');
    proxy = await openHttpProxy(portOf(store));
  });
  afterEach(async () => {
    await proxy.close();
    store.closeAllConnections();
    store.close();
  });
  const put = () => fetch(`http://127.0.0.1:${proxy.port}/`, { method: 'PUT', body: 'bytes' });

  it('passes requests on, and refuses connections until it accepts again', async () => {
    expect(await (await put()).text()).toBe('done');
    await proxy.refuse();
    await expect(put()).rejects.toThrow();
    await proxy.accept();
    expect([await (await put()).text(), acted]).toEqual(['done', 2]);
  });

  it('answers with an error in place of the store', async () => {
    proxy.setMood({ kind: 'status', status: 503 });
    expect([(await put()).status, acted]).toEqual([503, 0]);
  });

  it('resets connections, after the store has acted on every other request', async () => {
    proxy.setMood({ kind: 'reset' });
    await expect(put()).rejects.toThrow();
    await expect(put()).rejects.toThrow();
    expect(acted).toBe(1);
  });

  it('passes a delayed request on although its client has gone', async () => {
    proxy.setMood({ kind: 'slow', delayMs: 100 });
    const answer = fetch(`http://127.0.0.1:${proxy.port}/`, {
      method: 'PUT',
      body: 'bytes',
      signal: AbortSignal.timeout(50),
    });
    await expect(answer).rejects.toThrow();
    await expect.poll(() => acted).toBe(1);
  });

  it('holds answers until its mood changes', async () => {
    proxy.setMood({ kind: 'late' });
    const answer = put();
    await expect.poll(() => acted).toBe(1);
    proxy.setMood({ kind: 'well' });
    expect(await (await answer).text()).toBe('done');
  });
});

describe('the link to a server', () => {
  let echo: ReturnType<typeof createTcpServer>;
  let link: Link;
  let echoed: string;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    echoed = '';
    echo = createTcpServer((socket) => {
      socket.on('data', (bytes) => (echoed += String(bytes))).on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    link = await openLink({ target: portOf(echo), labelOf: String });
  });
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    await link.close();
    echo.close();
  });
  async function client(): Promise<Socket> {
    const socket = connect(link.port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }
  /** The end of a connection, which may come as an error. */
  const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
  async function ask(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    return String(((await once(socket, 'data')) as [Buffer])[0]);
  }

  it('cuts only the connections with the label, and new ones once they show it', async () => {
    const [a, b] = [await client(), await client()];
    expect([await ask(a, 'a'), await ask(b, 'b')]).toEqual(['a', 'b']);
    link.setMood({ kind: 'cut' }, 'a');
    await closed(a);
    expect(await ask(b, 'still there')).toBe('still there');
    const again = await client();
    again.write('a');
    await closed(again);
    link.setMood({ kind: 'open' }, 'a');
    expect(await ask(await client(), 'a')).toBe('a');
  });

  it('holds answers until its mood changes', async () => {
    const socket = await client();
    await ask(socket, 'first');
    link.setMood({ kind: 'held' });
    let heard = '';
    socket.on('data', (bytes) => (heard += String(bytes)));
    socket.write('second');
    await expect.poll(() => echoed).toContain('second');
    expect(heard).toBe('');
    link.setMood({ kind: 'open' });
    await expect.poll(() => heard).toBe('second');
  });
});

it('finds the role in the client id of a request to Kafka', () => {
  const clientId = 'fanlight-sink-lake.realtime+bulk';
  const request = Buffer.alloc(14 + clientId.length);
  request.writeInt16BE(clientId.length, 12);
  request.write(clientId, 14);
  expect(roleOfClient(request)).toBe('sink-lake');
  expect(roleOfClient(Buffer.alloc(20))).toBe('');
  expect(roleOfClient(Buffer.alloc(3))).toBe('');
});
