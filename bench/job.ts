/**
 * `npm run bench:job [-- --images N]`: a large job over HTTP, with the output cache off.
 *
 * Streams N lines, each with the URL of one small photo, to `POST /v1/jobs`. Follows the job by server-sent events
 * until 50 images are tagged, then cancels it and waits until every image has a result. Prints the memory of the
 * gateway, lines per second, and how long after the cancellation the last image was tagged.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { JobResult } from '../schemas/jobs.js';
import { say, withDeployment, type BenchDeployment } from './support/deployment.js';
import { usageOf } from './support/processes.js';

/** Fields of a job that the bench reads. */
interface JobView {
  readonly state: string;
  readonly images: number;
  readonly tagged: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly links: { readonly self: string; readonly results: string; readonly events: string };
}

const taggedBeforeCancel = 50;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { images: { type: 'string', default: '100000' } } });
  const photo = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#8899aa' } })
    .jpeg()
    .toBuffer();
  const web = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo),
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => web.once('listening', resolve));
  const { port } = web.address() as AddressInfo;
  try {
    await withDeployment({ FANLIGHT_FETCH_ALLOW: `127.0.0.1/32:${port}` }, (bench) =>
      run(bench, `http://127.0.0.1:${port}/photo.jpg`, Number(values.images)),
    );
  } finally {
    web.closeAllConnections();
    web.close();
  }
}

async function run({ deployment }: BenchDeployment, photoUrl: string, images: number): Promise<void> {
  const { gatewayUrl } = deployment.record();
  const memory = watchMemory(
    () => usageOf(deployment.record().processes).find(({ name }) => name === 'gateway')?.rssMiB ?? NaN,
  );
  say(`sending ${images} lines`);
  const begun = performance.now();
  const job = await submit(gatewayUrl, photoUrl, images);
  const seconds = (performance.now() - begun) / 1_000;
  const taken = memory.peak();
  process.stdout.write(`${job.images} lines in ${seconds.toFixed(1)} s (${Math.round(images / seconds)} per second)\n`);

  const events = await follow(gatewayUrl, job, ({ tagged }) => tagged >= taggedBeforeCancel);
  say('cancelling');
  const cancelledAt = Date.now();
  const cancelled = await fetch(`${gatewayUrl}${job.links.self}`, { method: 'DELETE' });
  if (!cancelled.ok) throw new Error(`the job could not be cancelled: ${await cancelled.text()}`);
  const after = await follow(gatewayUrl, job, () => false);
  const ended = after.at(-1);
  const drained = (Date.now() - cancelledAt) / 1_000;
  const followed = memory.peak();
  const latest = await latestTag(gatewayUrl, job);

  process.stdout.write(
    `${events.length} events until ${taggedBeforeCancel} were tagged, ${after.length} after the cancellation\n`,
  );
  process.stdout.write(
    `last image tagged ${((latest - cancelledAt) / 1_000).toFixed(1)} s after the cancellation; job ended after ${drained.toFixed(1)} s\n`,
  );
  process.stdout.write(
    `${ended?.state}: ${ended?.images} images, ${ended?.tagged} tagged, ${ended?.failed} failed (${JSON.stringify(ended?.failures)})\n`,
  );
  process.stdout.write(
    `memory of the gateway: ${memory.before} MiB before, peak ${taken} MiB while it received lines, ${followed} MiB until the job had ended, ${memory.peak()} MiB until all results were read\n`,
  );
  memory.stop();
}

async function submit(gatewayUrl: string, photoUrl: string, images: number): Promise<JobView> {
  async function* lines() {
    const perChunk = 500;
    for (let first = 0; first < images; first += perChunk) {
      const count = Math.min(perChunk, images - first);
      yield Buffer.from(
        Array.from(
          { length: count },
          (_, at) =>
            `${JSON.stringify({ url: photoUrl, imageId: `photo-${first + at}`, listingId: `listing-${(first + at) % 1_000}`, reference: `row ${first + at}` })}\n`,
        ).join(''),
      );
    }
  }
  // Node requires `duplex` for a streamed body, and the type lacks that field.
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: ReadableStream.from(lines()),
    duplex: 'half',
  } as unknown as RequestInit;
  const response = await fetch(`${gatewayUrl}/v1/jobs`, init);
  if (response.status !== 202) throw new Error(`the job was refused: ${await response.text()}`);
  return (await response.json()) as JobView;
}

/** Reads events of the job until `enough` accepts one or the job has ended. */
async function follow(
  gatewayUrl: string,
  { links }: JobView,
  enough: (job: JobView) => boolean,
): Promise<readonly JobView[]> {
  const response = await fetch(`${gatewayUrl}${links.events}`);
  const seen: JobView[] = [];
  let text = '';
  for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) seen.push(JSON.parse(data) as JobView);
    }
    const last = seen.at(-1);
    if (last !== undefined && enough(last)) return seen; // leaving the loop ends the connection
  }
  return seen;
}

/** Returns when the last image was tagged (epoch ms). */
async function latestTag(gatewayUrl: string, { links }: JobView): Promise<number> {
  let latest = 0;
  for (let next: string | undefined = `${links.results}?limit=5000`; next !== undefined;) {
    const response: Response = await fetch(`${gatewayUrl}${next}`);
    for (const line of (await response.text()).split('\n')) {
      if (line !== '') latest = Math.max(latest, (JSON.parse(line) as JobResult).result?.taggedAt ?? 0);
    }
    next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return latest;
}

function watchMemory(read: () => number) {
  const before = read();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, read())), 200);
  return { before, peak: () => peak, stop: () => clearInterval(timer) };
}

await main();
