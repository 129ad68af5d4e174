/**
 * `npm run bench [-- --photos DIR --count N --json FILE]`: Fanlight against a bare program, with the same photos, on
 * the same cores, in the same run. For each pipeline the benchmark measures
 * (a) the bare program, in a loop and photo by photo;
 * (b) the whole system in bulk, from the events to the results in S3, Solr and Redis;
 * (c) synchronous requests through the gateway, in turn with single photos of (a), and while (b) runs.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import Table from 'cli-table3';
import { packagePath } from '../primitives/package-root.js';
import { bulkRun, uploadPhotos } from './support/bulk-run.js';
import { readPhotos, say, withDeployment, type BenchDeployment } from './support/deployment.js';
import { measureDuringBulk } from './sync/during-bulk.js';
import { usageOf, usedBetween, type Usage } from './support/processes.js';
import { percentOf } from './support/stolen.js';
import { withSyncClient, type Latency, type SyncClient, type SyncLatency } from './sync/sync-load.js';

const pipelines = ['listing-photo@1', 'moderation-only@1'];
const syncPerSecond = 5;

interface BareLoop {
  readonly perSecond: number;
  /** CPU time of all threads per image (ms). */
  readonly cpuMs: number;
  readonly rssMiB: number;
}

interface Result {
  readonly pipeline: string;
  readonly images: number;
  readonly bare: BareLoop & Latency;
  readonly system: {
    readonly perSecond: number;
    readonly cpuMs: number;
    readonly seconds: number;
    readonly ratio: number;
    readonly busiest: string;
    readonly usage: readonly Usage[];
  };
  readonly sync: { readonly idle: SyncLatency; readonly duringBulk: SyncLatency };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      photos: { type: 'string' },
      count: { type: 'string', default: '960' },
      json: { type: 'string' },
      pipeline: { type: 'string' },
    },
  });
  const photos = readPhotos(values.photos, Number(values.count));
  const results: Result[] = [];
  await withDeployment({}, async (bench) => {
    const urls = await uploadPhotos(bench.client, photos);
    for (const pipeline of values.pipeline === undefined ? pipelines : [values.pipeline]) {
      const client = { gatewayUrl: bench.deployment.record().gatewayUrl, pipeline, photos };
      results.push(await withSyncClient(client, (sync) => measure(pipeline, urls, sync, bench)));
    }
  });
  print(results);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}

async function measure(
  pipeline: string,
  urls: readonly string[],
  sync: SyncClient,
  { client, deployment, environment, folder }: BenchDeployment,
): Promise<Result> {
  say(`${pipeline}: warming up`);
  await bulkRun(client, { pipeline, urls: urls.slice(0, 100), run: `warm-${pipeline}` });
  say(`${pipeline}: (a) bare loop`);
  const bare = await runBareLoop(pipeline, urls, environment, folder);
  say(`${pipeline}: (b) the system in bulk`);
  const before = usageOf(deployment.record().processes);
  const seconds = await bulkRun(client, { pipeline, urls, run: `bulk-${pipeline}` });
  const usage = usedBetween(before, usageOf(deployment.record().processes));
  say(`${pipeline}: (a) single photos and (c) synchronous requests, in turn`);
  const { bare: single, sync: idle } = await sync.measurePairs({
    environment,
    perSecond: syncPerSecond / 2,
    requests: 100,
  });
  say(`${pipeline}: (c) synchronous, during bulk`);
  // No more requests than fit into the bulk run, so that none is sent after it.
  const requests = Math.max(20, Math.floor(seconds * syncPerSecond * 0.75));
  const duringBulk = await measureDuringBulk(
    sync,
    { requests, perSecond: syncPerSecond },
    { client, pipeline, urls, run: `both-${pipeline}` },
  );
  const perSecond = urls.length / seconds;
  const cpuMs = (1_000 * usage.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)) / urls.length;
  const busiest = usage.find(({ name }) => /^(fetch|preprocess|infer|compose)/.test(name))?.name ?? '';
  return {
    pipeline,
    images: urls.length,
    bare: { ...bare, ...single },
    system: { perSecond, cpuMs, seconds, ratio: perSecond / bare.perSecond, busiest, usage },
    sync: { idle, duringBulk },
  };
}

async function runBareLoop(
  pipeline: string,
  urls: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<BareLoop> {
  const list = join(folder, 'urls.txt');
  writeFileSync(list, urls.join('\n'));
  const args = [packagePath('dist', 'bench', 'bare', 'bare-loop.js'), pipeline, list, String(availableParallelism())];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
  return JSON.parse(stdout) as BareLoop;
}

function print(results: readonly Result[]): void {
  const table = new Table({
    head: [
      'pipeline',
      'images',
      'bare loop /s',
      'system /s',
      'ratio',
      'CPU ms per image: bare, system',
      'busiest stage',
      'bare p50/p99 ms',
      'sync idle p50/p99',
      'sync in bulk p50/p99',
      'CPU steal: idle, in bulk',
    ],
  });
  const pair = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
  for (const { pipeline, images, bare, system, sync } of results) {
    table.push([
      pipeline,
      images,
      bare.perSecond.toFixed(1),
      system.perSecond.toFixed(1),
      system.ratio.toFixed(2),
      `${bare.cpuMs.toFixed(0)}, ${system.cpuMs.toFixed(0)}`,
      system.busiest,
      pair(bare),
      pair(sync.idle),
      pair(sync.duringBulk),
      `${percentOf(sync.idle.stolen)}, ${percentOf(sync.duringBulk.stolen)}`,
    ]);
  }
  process.stdout.write(`${machine()}\n${table.toString()}\n`);
  for (const { pipeline, system } of results) {
    const usage = new Table({ head: [`${pipeline}: process`, 'CPU s in bulk', 'memory MiB'] });
    for (const { name, cpuSeconds, rssMiB } of system.usage) usage.push([name, cpuSeconds.toFixed(1), rssMiB]);
    process.stdout.write(`${usage.toString()}\n`);
  }
}

function machine(): string {
  return `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`;
}

await main();
