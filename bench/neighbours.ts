/**
 * `npm run bench:neighbours [-- --photos DIR]`: how bad inputs affect good photos in the same lane.
 *
 * Sends good photos to `bulk` at a fixed rate, first alone, then with bad inputs between them: broken files, and URLs
 * of hosts that misbehave. Prints how long the good photos took, how each kind of bad input ended, and the memory of
 * the workers.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { openImageStore } from '../processes/pipeline-ports.js';
import type { DeploymentClient } from '../cli/client/deployment-client.js';
import { continueTrace } from '../primitives/trace-context.js';
import { followOutcomes } from '../runtime/replies/outcomes.js';
import { listingImageMessage } from '../runtime/records/listing-image.js';
import type { Outcome } from '../runtime/records/outcome.js';
import { listingImageId, sha256Hex } from '../schemas/ids.js';
import { readPhotos, say, withDeployment, type BenchDeployment } from './support/deployment.js';
import { usageOf } from './support/processes.js';
import { percentile } from './support/statistics.js';

const goodPhotos = 60;
const everyMs = 250;
const repeats = 5;

interface Input {
  readonly kind: string;
  readonly url: string;
}

interface Ended {
  readonly kind: string;
  readonly ms: number;
  readonly outcome: Outcome;
}

/** Publishes an event; resolves with its outcome. */
type Send = (input: Input, name: string) => Promise<Ended>;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { photos: { type: 'string' } } });
  const web = createServer((request, response) => misbehave(request.url ?? '', response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => web.once('listening', resolve));
  const { port } = web.address() as AddressInfo;
  try {
    await withDeployment({ FANLIGHT_FETCH_ALLOW: `127.0.0.1/32:${port}` }, async (bench) => {
      const good = await upload(bench.client, readPhotos(values.photos, goodPhotos), 'good');
      await compare(
        bench,
        good,
        await badInputs(bench.client, good[0] as Input, readPhotos(values.photos, 1)[0] as Buffer, port),
      );
    });
  } finally {
    web.closeAllConnections();
    web.close();
  }
}

async function compare(
  { deployment, client }: BenchDeployment,
  good: readonly Input[],
  bad: readonly Input[],
): Promise<void> {
  const waiting = new Map<string, (outcome: Outcome) => void>();
  const { kafka, codec, clock, logger, metrics } = client.services;
  const follower = await followOutcomes({
    kafka,
    codec,
    lanes: ['bulk'],
    name: 'bench',
    clock,
    logger,
    metrics,
    onOutcome: (origin, outcome) => waiting.get(origin)?.(outcome),
  });
  const send = sender(client, waiting);
  let peakMiB = 0;
  const memory = () =>
    usageOf(deployment.record().processes)
      .filter(({ name }) => name.startsWith('fetch'))
      .reduce((sum, { rssMiB }) => sum + rssMiB, 0);
  const watch = setInterval(() => (peakMiB = Math.max(peakMiB, memory())), 100);
  say('warming up');
  await paced(good, send, 'warm');
  say('good photos alone');
  const alone = await paced(good, send, 'alone');
  const before = { now: memory(), peak: peakMiB };
  peakMiB = 0;
  say(`good photos beside ${bad.length} bad inputs`);
  const badEnds = Promise.all(
    bad.map(async (input, index) =>
      delay((index * goodPhotos * everyMs) / bad.length / 2).then(() => send(input, `bad-${index}`)),
    ),
  );
  const beside = await paced(good, send, 'beside');
  const ends = await badEnds;
  const after = { now: memory(), peak: peakMiB };
  clearInterval(watch);
  await follower.close();
  print({ alone, beside, bad: ends, before, after });
}

function sender({ services }: DeploymentClient, waiting: Map<string, (outcome: Outcome) => void>): Send {
  const { codec, clock, publisher, randomHex } = services;
  return async function send({ kind, url }, name) {
    const event = { listingId: name, imageId: name, url, content: null, pipeline: null, attributes: {} };
    const traceparent = continueTrace(undefined, randomHex).traceparent;
    const message = await listingImageMessage(event, {
      lane: 'bulk',
      codec,
      now: clock.now(),
      source: '/fanlight/bench',
      traceparent,
    });
    const ended = new Promise<Outcome>((resolve) => waiting.set(listingImageId(event), resolve));
    const begun = performance.now();
    await publisher.publish([message]);
    const outcome = await ended;
    return { kind, ms: performance.now() - begun, outcome };
  };
}

function paced(inputs: readonly Input[], send: Send, run: string): Promise<Ended[]> {
  return Promise.all(inputs.map((input, index) => delay(index * everyMs).then(() => send(input, `${run}-${index}`))));
}

async function upload(client: DeploymentClient, photos: readonly Buffer[], kind: string): Promise<Input[]> {
  const images = openImageStore(client.config);
  return Promise.all(
    photos.map(async (photo) => {
      const key = sha256Hex(photo);
      await images.put(key, photo);
      return { kind, url: images.urlOf(key) };
    }),
  );
}

/** Returns each kind of bad input several times, with different bytes each time if the kind has bytes. */
async function badInputs(client: DeploymentClient, good: Input, photo: Buffer, port: number): Promise<Input[]> {
  const web = (path: string) => `http://127.0.0.1:${port}/${path}`;
  const bomb = await sharp({
    create: { width: 30_000, height: 30_000, channels: 3, background: 'red' },
    limitInputPixels: false,
  })
    .png({ compressionLevel: 9 })
    .toBuffer();
  const kinds: Readonly<Record<string, (n: number) => Promise<string> | string>> = {
    'truncated JPEG': async (n) => stored(Buffer.concat([photo.subarray(0, photo.length / 2), Buffer.from([n])])),
    'HTML page': async (n) => stored(Buffer.from(`<!doctype html><p>${n}</p>`)),
    '30,000 x 30,000 PNG': async (n) => stored(Buffer.concat([bomb, Buffer.from([n])])),
    SVG: async (n) => stored(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${n + 1}" height="9"/>`)),
    'empty file': () => web('empty'),
    'not found': (n) => web(`missing-${n}`),
    'redirect loop': () => web('loop'),
    'metadata address': (n) => `http://169.254.169.254/latest/${n}`,
    'host that never answers': (n) => web(`hang-${n}`),
  };
  const stored = async (bytes: Buffer) => (await upload(client, [bytes], 'bad'))[0]?.url ?? good.url;
  const inputs = Array.from({ length: repeats }, (_, n) =>
    Object.entries(kinds).map(async ([kind, urlOf]) => ({ kind, url: await urlOf(n) })),
  );
  return Promise.all(inputs.flat());
}

function misbehave(path: string, response: ServerResponse): void {
  if (path.startsWith('/hang')) return; // never answers
  if (path === '/empty') response.writeHead(200, { 'content-type': 'image/jpeg' }).end();
  else if (path === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else response.writeHead(404).end();
}

interface Measured {
  readonly alone: readonly Ended[];
  readonly beside: readonly Ended[];
  readonly bad: readonly Ended[];
  readonly before: Memory;
  readonly after: Memory;
}

function print({ alone, beside, bad, before, after }: Measured): void {
  const times = (ended: readonly Ended[]) => ended.map(({ ms }) => ms);
  const line = (name: string, ended: readonly Ended[]) =>
    `${name}: ${ended.filter(({ outcome }) => outcome.kind === 'tagged').length} of ${ended.length} tagged, p50 ${percentile(times(ended), 0.5).toFixed(0)} ms, slowest ${Math.max(...times(ended)).toFixed(0)} ms`;
  process.stdout.write(`${line('good photos alone', alone)}\n${line('good photos beside bad inputs', beside)}\n`);
  process.stdout.write(
    `memory of the stage workers: ${before.now} MiB (peak ${before.peak}) before, ${after.now} MiB (peak ${after.peak}) with bad inputs\n`,
  );
  for (const kind of new Set(bad.map((ended) => ended.kind))) {
    const some = bad.filter((ended) => ended.kind === kind);
    const codes = new Set(some.map(({ outcome }) => (outcome.kind === 'failed' ? outcome.error.code : 'tagged')));
    process.stdout.write(
      `${kind}: ${[...codes].join(', ')} after at most ${(Math.max(...times(some)) / 1_000).toFixed(1)} s\n`,
    );
  }
}

interface Memory {
  readonly now: number;
  readonly peak: number;
}

await main();
