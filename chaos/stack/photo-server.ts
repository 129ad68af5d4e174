import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers of 503 before a flaky photo is served: more than the tries in place, so that its event is retried later. */
const refusals = 4;

/** A web server with photos for the events of a run. It has no faults besides those of its paths. */
export interface PhotoServer {
  readonly port: number;
  /** URL of a photo that is there. */
  photoUrl(variant: number, name: string): string;
  /** URL of a photo that is there after some answers of 503. */
  flakyUrl(variant: number, name: string): string;
  /** URL that answers 404. */
  missingUrl(name: string): string;
  close(): Promise<void>;
}

export async function startPhotoServer(photos: readonly Buffer[]): Promise<PhotoServer> {
  const asked = new Map<string, number>();
  const server = createServer(({ url = '' }, response) => {
    const [, kind, variant] = url.split('/');
    const photo = photos[Number(variant)];
    const times = (asked.get(url) ?? 0) + 1;
    asked.set(url, times);
    if (photo === undefined) return void answer(response, 404);
    if (kind === 'flaky' && times <= refusals) return void answer(response, 503);
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': photo.length }).end(photo);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const at = (path: string) => `http://127.0.0.1:${port}/${path}`;
  return {
    port,
    photoUrl: (variant, name) => at(`photo/${variant}/${name}.jpg`),
    flakyUrl: (variant, name) => at(`flaky/${variant}/${name}.jpg`),
    missingUrl: (name) => at(`missing/none/${name}.jpg`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
