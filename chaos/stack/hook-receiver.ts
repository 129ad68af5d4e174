import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Requests that a callback got for one path. */
export interface ReceivedCallbacks {
  /** Position of each image in its job, as often as its result came. */
  readonly items: readonly number[];
  /** Counts of each summary that came. */
  readonly summaries: readonly { readonly images: number; readonly tagged: number; readonly failed: number }[];
}

/** The client's side of webhooks: it records what it gets. */
export interface HookReceiver {
  readonly port: number;
  url(path: string): string;
  received(path: string): ReceivedCallbacks;
  close(): Promise<void>;
}

interface Event {
  readonly type: string;
  readonly data: ReceivedCallbacks['summaries'][number] & { readonly results?: readonly { readonly item: number }[] };
}

/** Starts the receiver. It answers the first request of each path with 503, so that deliveries are repeated. */
export async function startHookReceiver(): Promise<HookReceiver> {
  const events = new Map<string, Event[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const known = events.get(path);
      if (known === undefined) {
        events.set(path, []);
        return void response.writeHead(503).end();
      }
      known.push(JSON.parse(Buffer.concat(chunks).toString()) as Event);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    received(path) {
      const all = events.get(path) ?? [];
      return {
        items: all.flatMap(({ data }) => data.results?.map(({ item }) => item) ?? []),
        summaries: all.filter(({ type }) => type === 'job.finished').map(({ data }) => data),
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
