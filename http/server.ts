import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Registry } from 'prom-client';
import type { Clock } from '../primitives/clock.js';
import { sleep, systemClock } from '../primitives/clock.js';
import { defaultConnectionLimits, type ConnectionLimits } from './connection-limits.js';
import { guardConnections } from './connections.js';
import type { HttpEnv } from './context.js';
import { unreadableRequest, unreadableRequestText } from './problems/unreadable-request.js';

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** Milliseconds for which /readyz says 503 before connections are refused: time for load balancers to notice. */
  readonly noticeMs?: number;
  /** Milliseconds that a client has to send the header fields of its request; routes bound the time of bodies. */
  readonly headersTimeoutMs?: number;
  /** Milliseconds between two looks for such clients. */
  readonly connectionCheckMs?: number;
  readonly limits?: ConnectionLimits;
  /** Gets the metrics of connections. */
  readonly metrics?: Registry;
  readonly clock?: Clock;
}

export interface HttpServer {
  readonly port: number;
  /**
   * Says "not ready", then stops accepting, then lets requests finish for at most `graceMs`, then cuts the rest off,
   * which aborts their signals. Resolves when no connection is left. A second call joins the first.
   */
  close(graceMs: number): Promise<void>;
}

/** Listens; rejects when the address cannot be bound. */
export async function serveHttp(app: Hono<HttpEnv>, options: ServeOptions): Promise<HttpServer> {
  const {
    port,
    host,
    noticeMs = 0,
    headersTimeoutMs = 10_000,
    connectionCheckMs = 5000,
    limits = defaultConnectionLimits,
    metrics,
    clock = systemClock,
  } = options;
  let draining = false;
  let closing: Promise<void> | undefined;
  const bindings = (incoming: IncomingMessage) => ({
    draining: () => draining,
    incoming,
  });
  const listener = getRequestListener(
    (request, { incoming }) => app.fetch(request, bindings(incoming as IncomingMessage)),
    {
      hostname: host,
      overrideGlobalObjects: false,
      autoCleanupIncoming: false,
      // Only for what is no request at all, such as a Host that is none; the app answers everything else.
      errorHandler: () => {
        const { body, ...init } = unreadableRequest();
        return new Response(body, init);
      },
    },
  );
  const server = createServer(
    {
      // The lines of a job may go on for hours.
      requestTimeout: 0,
      headersTimeout: headersTimeoutMs,
      // Longer than proxies keep idle connections (nginx: 60 s): whoever closes first must not be the one who gets
      // the next request.
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: connectionCheckMs,
    },
    (request, response) => {
      if (request.socket.destroyed) return;
      response.once('finish', () => drain(request, clock));
      void listener(request, response);
    },
  );
  const endGuard = guardConnections(server, { limits, clock, metrics });
  server.on('clientError', refuseUnreadable);
  await listen(server, port, host);

  async function shutDown(graceMs: number): Promise<void> {
    draining = true;
    await sleep(clock, noticeMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cancel = clock.schedule(graceMs, () => server.closeAllConnections());
    await closed;
    cancel();
    endGuard();
  }

  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: (graceMs) => (closing ??= shutDown(graceMs)),
  };
}

/**
 * How much of a body is passed over that was not wanted: a client that reads its answer late would find the connection
 * reset.
 */
const unwanted = { ms: 500, bytes: 64 * 1024 * 1024, chunks: 2_000 } as const;

/** Ends a request that was answered before its body had come, so that the connection can be used again or is closed. */
function drain(request: IncomingMessage, clock: Clock): void {
  if (request.complete) return;
  let [bytes, chunks] = [0, 0];
  const end = () => {
    request.off('data', count);
    request.socket.destroySoon();
  };
  const count = (chunk: Uint8Array) => {
    bytes += chunk.length;
    chunks += 1;
    if (bytes > unwanted.bytes || chunks > unwanted.chunks) end();
  };
  request.once('close', clock.schedule(unwanted.ms, end)).on('data', count).resume();
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Bytes that are not HTTP never become a request, so the answer is written by hand. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  // The client may never close its side.
  else socket.end(unreadableRequestText(error.code), () => socket.destroy());
}
