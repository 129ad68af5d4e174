import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface HealthServerOptions {
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  /** Returns the reason why the process cannot take work now; null: it is ready. */
  readonly notReady: () => string | null;
  readonly metrics: Registry;
}

/** Serves `/healthz` (the process answers), `/readyz` (it takes work) and `/metrics` (Prometheus text). */
export async function startHealthServer(
  options: HealthServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (request.url === '/healthz') return void answer(200, 'ok\n');
    if (request.url === '/readyz') {
      const reason = options.notReady();
      return void (reason === null ? answer(200, 'ready\n') : answer(503, `${reason}\n`));
    }
    if (request.url !== '/metrics') return void answer(404, 'See /healthz, /readyz or /metrics.\n');
    options.metrics.metrics().then(
      (text) => answer(200, text, options.metrics.contentType),
      (error: unknown) => answer(500, `${(error as Error).message}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
