/**
 * A client of the gateway. Forked, so that neither the supervisor nor the load of the benchmark shares its event loop.
 *
 *   fork('dist/bench/sync/sync-client.js', [gatewayUrl, pipeline], { serialization: 'advanced' })
 *
 * Takes `photos` (bytes, once) and says `{ ready: true }`. Then answers each `{ first, count, perSecond }` with `{
 * latencies }`: of
 * so many photos from that index on, over and over, milliseconds until the answer was read, null where it was an error.
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
 * At a fixed rate, whether or not earlier ones are answered (open loop: a slow answer does not hide the wait of the
 * next).
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
  // A request that gets no answer at all ends the child, and with it the benchmark.
  void send(message).then((answers) => process.send?.(answers));
});
