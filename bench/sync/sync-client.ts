/**
 * A client of the gateway. The benchmark forks this program, so that neither the supervisor nor the load of the
 * benchmark shares its event loop.
 *
 *   fork('dist/bench/sync/sync-client.js', [gatewayUrl, pipeline], { serialization: 'advanced' })
 *
 * The first message is `{ photos }` (bytes); the answer is `{ ready: true }`. Each later message is
 * `{ first, count, perSecond }`: the client sends `count` photos from index `first`, and starts again at the end of the
 * list. The answer is `{ latencies }`: time until each answer was read (ms), null for an error.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface SyncLoad {
  readonly first: number;
  readonly count: number;
  readonly perSecond: number;
}
export interface SyncAnswers {
  readonly latencies: readonly (number | null)[];
}

const [gatewayUrl = '', pipeline = ''] = process.argv.slice(2);
let photos: readonly Buffer[] = [];

async function request(photo: Buffer): Promise<number | null> {
  const begun = performance.now();
  const response = await fetch(`${gatewayUrl}/v1/tags?pipeline=${encodeURIComponent(pipeline)}`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: photo,
  });
  await response.arrayBuffer();
  return response.ok ? performance.now() - begun : null;
}

/**
 * Sends requests in an open loop: at a fixed rate, whether or not earlier ones are answered. In a closed loop a slow
 * answer would hide the wait of the next request.
 */
async function send({ first, count, perSecond }: SyncLoad): Promise<SyncAnswers> {
  const pending: Promise<number | null>[] = [];
  const begun = performance.now();
  for (let index = 0; index < count; index += 1) {
    await delay(Math.max(0, begun + (index * 1_000) / perSecond - performance.now()));
    pending.push(request(photos[(first + index) % photos.length] as Buffer));
  }
  return { latencies: await Promise.all(pending) };
}

process.on('message', (message: { readonly photos: readonly Uint8Array[] } | SyncLoad) => {
  if ('photos' in message) {
    photos = message.photos.map((photo) => Buffer.from(photo));
    process.send?.({ ready: true });
    return;
  }
  // A request without any answer ends the child, and with it the benchmark.
  void send(message).then((answers) => process.send?.(answers));
});
