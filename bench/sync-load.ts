import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from './statistics.js';

export interface SyncLatency {
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * POSTs photos to the gateway at a fixed rate, whether or not earlier ones are answered (open loop: a slow answer does
 * not hide the wait of the next), until `requests` are sent and answered.
 */
export async function measureSync(options: {
  readonly gatewayUrl: string;
  readonly pipeline: string;
  readonly photos: readonly Buffer[];
  readonly perSecond: number;
  readonly requests: number;
}): Promise<SyncLatency> {
  const latencies: number[] = [];
  let failed = 0;

  async function request(photo: Buffer): Promise<void> {
    const begun = performance.now();
    const response = await fetch(`${options.gatewayUrl}/v1/tags?pipeline=${encodeURIComponent(options.pipeline)}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: photo,
    });
    await response.arrayBuffer();
    if (response.ok) latencies.push(performance.now() - begun);
    else failed += 1;
  }

  const pending: Promise<void>[] = [];
  const begun = performance.now();
  for (let index = 0; index < options.requests; index += 1) {
    await delay(Math.max(0, begun + (index * 1_000) / options.perSecond - performance.now()));
    pending.push(request(options.photos[index % options.photos.length] as Buffer));
  }
  await Promise.all(pending);
  return { requests: options.requests, failed, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
