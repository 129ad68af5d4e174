import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { packagePath } from '../cli/package-root.js';
import { percentile } from './statistics.js';

export interface Latency {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface SyncLatency extends Latency {
  readonly requests: number;
  readonly failed: number;
}

export interface SyncOptions {
  readonly gatewayUrl: string;
  readonly pipeline: string;
  readonly photos: readonly Buffer[];
  readonly perSecond: number;
  readonly requests: number;
}

/** Milliseconds until the answer was read; undefined when it was an error. */
async function request({ gatewayUrl, pipeline }: SyncOptions, photo: Buffer): Promise<number | undefined> {
  const begun = performance.now();
  const response = await fetch(`${gatewayUrl}/v1/tags?pipeline=${encodeURIComponent(pipeline)}`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: photo,
  });
  await response.arrayBuffer();
  return response.ok ? performance.now() - begun : undefined;
}

/**
 * POSTs photos to the gateway at a fixed rate, whether or not earlier ones are answered (open loop: a slow answer does
 * not hide the wait of the next), until `requests` are sent and answered.
 */
export async function measureSync(options: SyncOptions): Promise<SyncLatency> {
  const { photos, requests, perSecond } = options;
  const pending: Promise<number | undefined>[] = [];
  const begun = performance.now();
  for (let index = 0; index < requests; index += 1) {
    await delay(Math.max(0, begun + (index * 1_000) / perSecond - performance.now()));
    pending.push(request(options, photos[index % photos.length] as Buffer));
  }
  return summary(await Promise.all(pending));
}

/**
 * The same photo bare and through the gateway, in turn, `perSecond` of each pair: both see the same machine, whose speed
 * changes from one minute to the next.
 *
 * @param options `environment`: by which the bare program finds the models
 */
export async function measurePairs(options: SyncOptions & { readonly environment: NodeJS.ProcessEnv }): Promise<{ readonly bare: Latency; readonly sync: SyncLatency }> {
  const { photos, requests, perSecond, pipeline, environment } = options;
  const child = fork(packagePath('dist', 'bench', 'bare-single.js'), [pipeline, String(availableParallelism())], { env: environment, serialization: 'advanced' });
  try {
    await answerOf(child);
    const bare: number[] = [];
    const sync: (number | undefined)[] = [];
    for (let index = -warmUps; index < requests; index += 1) {
      const next = delay(1_000 / perSecond);
      const photo = photos[(index + warmUps) % photos.length] as Buffer;
      child.send(photo);
      const { ms } = await answerOf(child);
      await delay(500 / perSecond);
      const answered = await request(options, photo);
      await next;
      if (index < 0) continue;
      bare.push(ms);
      sync.push(answered);
    }
    return { bare: { p50: percentile(bare, 0.5), p99: percentile(bare, 0.99) }, sync: summary(sync) };
  } finally {
    if (child.connected) child.disconnect();
  }
}

const warmUps = 10;

async function answerOf(child: ChildProcess): Promise<{ ms: number }> {
  const ended = new AbortController();
  try {
    const [answer] = (await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`the bare program ended (${String(code)})`);
      }),
    ])) as [{ ms: number }];
    return answer;
  } finally {
    ended.abort();
  }
}

function summary(answers: readonly (number | undefined)[]): SyncLatency {
  const latencies = answers.filter((ms) => ms !== undefined);
  return { requests: answers.length, failed: answers.length - latencies.length, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}
