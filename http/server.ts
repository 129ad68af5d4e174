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
  /** 0: a free port. */
  readonly port: number;
  readonly host: string;
  /** Time (ms) for which /readyz answers 503 before connections are refused, so that load balancers notice. */
  readonly noticeMs?: number;
  /** Time (ms) that a client has to send the header fields of a request; routes bound the time of bodies. */
  readonly headersTimeoutMs?: number;
  /** Interval (ms) between checks of that timeout. */
  readonly connectionCheckMs?: number;
  readonly limits?: ConnectionLimits;
  /** Registry for the metrics of connections. */
  readonly metrics?: Registry;
  readonly clock?: Clock;
}

export interface HttpServer {
  readonly port: number;
  /**
   * Answers "not ready", then stops accepting connections, and lets requests finish for at most `graceMs`. Then closes
   * the remaining connections, which aborts the signals of their requests. Resolves when no connection is left. A
   * second call joins the first.
   */
  close(graceMs: number): Promise<void>;
}

/** Starts to listen. Rejects when the address cannot be bound. */
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
      // Only for input that is not a valid request, such as an invalid Host; the app answers all other errors.
      errorHandler: () => {
        const { body, ...init } = unreadableRequest();
        return new Response(body, init);
      },
    },
  );
  const server = createServer(
    {
      // The lines of a job may keep arriving for hours.
      requestTimeout: 0,
      headersTimeout: headersTimeoutMs,
      // Longer than proxies keep idle connections (nginx: 60 s). Otherwise a proxy could send a request while the
      // gateway closes the connection.
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: connectionCheckMs,
    },
    (request, response) => {
      if (request.socket.destroyed) return;
      response.once('finish', () => discardRest(request, clock));
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
 * Upper bounds of the rest of a body that is discarded after the answer. Without reading it, the server would reset the
 * connection before a slow client has read its answer.
 */
const discarded = { ms: 500, bytes: 64 * 1024 * 1024, chunks: 2_000 } as const;

/** Discards the rest of a body that was answered early, so that the connection can be reused, or closes it. */
function discardRest(request: IncomingMessage, clock: Clock): void {
  if (request.complete) return;
  let [bytes, chunks] = [0, 0];
  const end = () => {
    request.off('data', count);
    request.socket.destroySoon();
  };
  const count = (chunk: Uint8Array) => {
    bytes += chunk.length;
    chunks += 1;
    if (bytes > discarded.bytes || chunks > discarded.chunks) end();
  };
  request.once('close', clock.schedule(discarded.ms, end)).on('data', count).resume();
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

/** Answers bytes that are not HTTP. They never become a request, so the answer is written to the socket. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  // The client may never close its side.
  else socket.end(unreadableRequestText(error.code), () => socket.destroy());
}
