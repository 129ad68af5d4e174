/**
 * `npm run bench:sinks [-- --records N --rounds N]`: results per second of the sink s3 into the local store, as a ratio
 * to plain puts, and requests per file of the lake.
 *
 * Plain puts (no condition, the last write wins) are what the sink sent before it fenced its results. The variants take
 * turns, so that a change in the speed of the machine meets all of them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { boundedRequest } from '../adapters/stores/bounded-request.js';
import { createObjectStoreClient } from '../adapters/stores/object-store.js';
import { startPlatform } from '../local/servers/platform.js';
import { FREE_PORTS } from '../local/servers/port-numbers.js';
import { forEachBounded } from '../sinks/bounded-concurrency.js';
import { deriveId } from '../schemas/ids.js';
import { lakeSinkConfig } from '../sinks/lake/config.js';
import { createLakeSink } from '../sinks/lake/sink.js';
import { s3SinkConfig } from '../sinks/s3/config.js';
import { objectPut } from '../sinks/s3/request.js';
import { createS3Sink } from '../sinks/s3/sink.js';
import type { ImageTags } from '../schemas/events.js';
import type { TagRecord } from '../sinks/sink.js';
import { percentile } from './support/statistics.js';

const bucket = 'fanlight-bench';

/** Returns the n-th result, in the size of a usual one: twelve tags. */
function resultOf(n: number, changes: Partial<ImageTags> = {}): TagRecord {
  const tags = Array.from({ length: 12 }, (_, at) => ({
    ...{ name: `refrigerator, icebox ${(n + at) % 40}`, score: 0.9 / (1 + at), model: 'scene@1', box: null },
  }));
  const timing = { queueMs: 3.25, durationMs: 41.5 };
  const value: ImageTags = {
    ...{ listingId: `listing-${n % 250}`, imageId: `image-${n}`, url: `https://photos.example.com/${n}.jpg` },
    ...{ pipeline: 'listing-photo@1', contentSha256: n.toString(16).padStart(64, '0'), format: 'jpeg' },
    ...{ width: 1024, height: 768, roomType: { name: 'kitchen', score: 0.9 }, tags, models: ['scene@1'], cached: [] },
    ...{ timings: { fetch: timing, preprocess: timing, infer: timing, compose: timing } },
    ...{ eventTime: 1e12, taggedAt: 1e12, attributes: { agent: 'example' }, ...changes },
  };
  return { id: deriveId(String(n)), value, topic: 'image-tags.bulk', partition: 0, offset: String(n) };
}

/** Counts the requests of a client by the name of their command. */
function countRequests(client: S3Client): Map<string, number> {
  const counts = new Map<string, number>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        counts.set(commandName, (counts.get(commandName) ?? 0) + 1);
        return next(args);
      },
    { step: 'initialize' },
  );
  return counts;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { records: { type: 'string', default: '2000' }, rounds: { type: 'string', default: '7' } },
  });
  const [count, rounds] = [Number(values.records), Number(values.rounds)];
  const dataDir = await mkdtemp(join(tmpdir(), 'fanlight-bench-'));
  const platform = await startPlatform({
    ...{ dataDir, ports: FREE_PORTS, parts: ['s3'] },
    ...{ onProgress: () => undefined, onExit: ({ message }) => process.stderr.write(`${message}\n`) },
  });
  try {
    const client = createObjectStoreClient(platform.addresses.s3, 16);
    await benchS3(client, count, rounds);
    await benchLake(client, 50);
    client.destroy();
  } finally {
    await platform.stop();
    await rm(dataDir, { recursive: true });
  }
}

async function benchS3(client: S3Client, count: number, rounds: number): Promise<void> {
  const requests = countRequests(client);
  const config = (prefix: string) => s3SinkConfig({ bucket, prefix, createBucket: true });
  const sink = (prefix: string) => createS3Sink(config(prefix), { client });
  const batchOf = (changes: Partial<ImageTags> = {}) => Array.from({ length: count }, (_, n) => resultOf(n, changes));

  async function plainPuts(prefix: string): Promise<void> {
    const { concurrency, timeoutMs } = config(prefix);
    await forEachBounded(batchOf(), concurrency, async (record) => {
      const { key, body, contentType } = objectPut(prefix, record);
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType });
      await boundedRequest(timeoutMs, undefined, (abortSignal) => client.send(command, { abortSignal }));
    });
  }

  async function write(prefix: string, changes?: Partial<ImageTags>): Promise<void> {
    const { write: writeBatch, batch } = sink(prefix);
    const records = batchOf(changes);
    for (let from = 0; from < count; from += batch.maxRecords)
      await writeBatch(records.slice(from, from + batch.maxRecords));
  }

  const variants = [
    { name: 'plain puts, new objects', run: (round: string) => plainPuts(`plain-${round}/`) },
    { name: 'sink, new objects', run: (round: string) => write(`sink-${round}/`) },
    { name: 'plain puts, objects replaced', run: (round: string) => plainPuts(`plain-${round}/`) },
    { name: 'sink, older results replaced', run: (round: string) => write(`sink-${round}/`, { eventTime: 2e12 }) },
    { name: 'sink, newer results kept', run: (round: string) => write(`sink-${round}/`) },
  ];
  await sink('').open();
  const seconds = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  const sent = new Map<string, number>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of variants) {
      requests.clear();
      const begun = performance.now();
      await run(String(round));
      if (round > 0) seconds.get(name)?.push((performance.now() - begun) / 1_000); // the first round warms up
      sent.set(name, [...requests.values()].reduce((sum, number) => sum + number, 0) / count);
    }
  }
  const rate = (name: string) => count / percentile(seconds.get(name) ?? [], 0.5);
  for (const { name } of variants) {
    const ratio =
      rate(name) / rate(name.includes('new objects') ? 'plain puts, new objects' : 'plain puts, objects replaced');
    const line = `${rate(name).toFixed(0).padStart(6)} results/s  ${ratio.toFixed(2)}  ${sent.get(name)?.toFixed(2)} requests each`;
    process.stdout.write(`${name.padEnd(32)}${line}\n`);
  }
}

async function benchLake(client: S3Client, files: number): Promise<void> {
  const requests = countRequests(client);
  const sink = createLakeSink(lakeSinkConfig({ bucket, prefix: 'lake/' }), { client });
  for (let file = 0; file < files; file += 1) {
    await sink.write(Array.from({ length: 20 }, (_, n) => resultOf(20 * file + n)));
  }
  const counts = [...requests].map(([name, number]) => `${name} ${number}`).join(', ');
  process.stdout.write(`lake: ${files} files of one partition: ${counts}\n`);
}

await main();
