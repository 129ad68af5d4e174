import { Agent, createServer, request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Behaviour of a store, as its clients see it. */
export type StoreMood =
  | { readonly kind: 'well' }
  /** Each request waits (ms) before the store sees it, which it does although its client has gone. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The same, for writes alone: what a client reads is up to date, and its writes are not there yet. */
  | { readonly kind: 'slow-writes'; readonly delayMs: number }
  /** The store does not see the request. */
  | { readonly kind: 'status'; readonly status: 500 | 503 }
  /** The connection is reset. Of every two requests, the store has acted on one. */
  | { readonly kind: 'reset' }
  /** The store acts. Its answer waits until the mood changes. */
  | { readonly kind: 'late' };

/** An HTTP proxy in front of a store, which can lie for it. */
export interface HttpProxy {
  readonly port: number;
  setMood(mood: StoreMood): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Ends `refuse`. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

export async function openHttpProxy(target: number): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const sockets = new Set<Socket>();
  let mood: StoreMood = { kind: 'well' };
  let answers: (() => void)[] = [];
  let resets = 0;
  const server = createServer((incoming, response) => void serve(incoming, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  function serve(incoming: IncomingMessage, response: ServerResponse): void {
    switch (mood.kind) {
      case 'status':
        incoming.resume();
        return void incoming.once('end', () => answer(response, mood.kind === 'status' ? mood.status : 503));
      case 'slow-writes':
        if (isWrite(incoming)) return forwardLater(incoming, response, mood.delayMs);
        return forward(incoming, response);
      case 'slow':
        return forwardLater(incoming, response, mood.delayMs);
      case 'reset':
        resets += 1;
        if (resets % 2 === 0) return void incoming.socket.resetAndDestroy();
        return forward(incoming, response);
      default:
        return forward(incoming, response);
    }
  }

  function forwardLater(incoming: IncomingMessage, response: ServerResponse, delayMs: number): void {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => undefined); // a request that is not whole is not sent
    incoming.on('end', () => setTimeout(() => outgoingOf(incoming, response).end(Buffer.concat(chunks)), delayMs));
  }

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const outgoing = outgoingOf(incoming, response);
    incoming.on('error', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  function outgoingOf(incoming: IncomingMessage, response: ServerResponse): ClientRequest {
    const { method, url, headers } = incoming;
    const outgoing = request({ agent, host: '127.0.0.1', port: target, method, path: url, headers }, (answered) => {
      if (mood.kind === 'reset') {
        answered.resume();
        return void incoming.socket.resetAndDestroy();
      }
      const reply = () => {
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(response);
      };
      if (mood.kind === 'late') answers.push(reply);
      else reply();
    });
    // The client sees a store that is down as a broken connection.
    outgoing.on('error', () => response.destroy());
    return outgoing;
  }

  async function refuse(): Promise<void> {
    for (const socket of sockets) socket.resetAndDestroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }

  return {
    port,
    setMood(next) {
      mood = next;
      if (next.kind !== 'late') answers = answers.flatMap((reply) => (reply(), []));
    },
    refuse,
    async accept() {
      if (!server.listening) await listen(port);
    },
    async close() {
      await refuse();
      agent.destroy();
    },
  };
}

/** Whether the request changes an object of S3, or the index of Solr. */
function isWrite({ method, url = '' }: IncomingMessage): boolean {
  return method === 'PUT' || (method === 'POST' && url.includes('/update'));
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>InternalError</Code><Message>the store is made to fail with ${status}</Message></Error>`);
}
