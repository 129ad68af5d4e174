/**
 * `npm run bench [-- --photos DIR --count N --json FILE]`: same photos, same cores, same run.
 *
 * (a) the bare program, in a loop and photo by photo; (b) the whole system in bulk, events in → results in S3, Solr and Redis;
 * (c) synchronous requests through the gateway, in turn with single photos of (a), and while (b) runs. For each pipeline of the benchmark.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import Table from 'cli-table3';
import type { RunningDeployment } from '../cli/local/bring-up.js';
import type { Client } from '../cli/client/open-client.js';
import { packagePath } from '../cli/package-root.js';
import { readPhotos, say, withDeployment } from './deployment.js';
import { bulkRun, uploadPhotos } from './bulk-run.js';
import { usageOf, usedBetween, type Usage } from './processes.js';
import { measurePairs, measureSync, type Latency, type SyncLatency } from './sync-load.js';

const pipelines = ['listing-photo@1', 'moderation-only@1'];
const syncPerSecond = 5;

interface BareLoop {
  readonly perSecond: number;
  /** Processor time an image, of all threads, milliseconds. */
  readonly cpuMs: number;
  readonly rssMiB: number;
}

interface Result {
  readonly pipeline: string;
  readonly images: number;
  readonly bare: BareLoop & Latency;
  readonly system: { readonly perSecond: number; readonly cpuMs: number; readonly seconds: number; readonly ratio: number; readonly busiest: string; readonly usage: readonly Usage[] };
  readonly sync: { readonly idle: SyncLatency; readonly duringBulk: SyncLatency };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { photos: { type: 'string' }, count: { type: 'string', default: '960' }, json: { type: 'string' }, pipeline: { type: 'string' } } });
  const photos = readPhotos(values.photos, Number(values.count));
  const results: Result[] = [];
  await withDeployment({}, async ({ client, deployment, environment, folder }) => {
    const urls = await uploadPhotos(client, photos);
    for (const pipeline of values.pipeline === undefined ? pipelines : [values.pipeline]) {
      results.push(await measure(pipeline, photos, urls, client, deployment, environment, folder));
    }
  });
  print(results);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}

async function measure(
  pipeline: string,
  photos: readonly Buffer[],
  urls: readonly string[],
  client: Client,
  deployment: RunningDeployment,
  environment: NodeJS.ProcessEnv,
  folder: string,
): Promise<Result> {
  say(`${pipeline}: warming up`);
  await bulkRun(client, pipeline, urls.slice(0, 100), `warm-${pipeline}`);
  await measureSync({ gatewayUrl: deployment.record().gatewayUrl, pipeline, photos, perSecond: syncPerSecond, requests: 20 });
  say(`${pipeline}: (a) bare loop`);
  const bare = await runBareLoop(pipeline, urls, environment, folder);
  say(`${pipeline}: (b) the system in bulk`);
  const before = usageOf(deployment.record().processes);
  const seconds = await bulkRun(client, pipeline, urls, `bulk-${pipeline}`);
  const usage = usedBetween(before, usageOf(deployment.record().processes));
  say(`${pipeline}: (a) single photos and (c) synchronous requests, in turn`);
  const sync = { gatewayUrl: deployment.record().gatewayUrl, pipeline, photos, perSecond: syncPerSecond };
  const { bare: single, sync: idle } = await measurePairs({ ...sync, environment, perSecond: syncPerSecond / 2, requests: 100 });
  say(`${pipeline}: (c) synchronous, during bulk`);
  // As many requests as fit into the bulk run, so that none is sent after it.
  const requests = Math.max(20, Math.floor(seconds * syncPerSecond * 0.8));
  const [duringBulk] = await Promise.all([measureSync({ ...sync, requests }), bulkRun(client, pipeline, urls, `both-${pipeline}`)]);
  const perSecond = urls.length / seconds;
  const cpuMs = (1_000 * usage.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)) / urls.length;
  const busiest = usage.find(({ name }) => /^(fetch|preprocess|infer|compose)/.test(name))?.name ?? '';
  return { pipeline, images: urls.length, bare: { ...bare, ...single }, system: { perSecond, cpuMs, seconds, ratio: perSecond / bare.perSecond, busiest, usage }, sync: { idle, duringBulk } };
}

async function runBareLoop(pipeline: string, urls: readonly string[], environment: NodeJS.ProcessEnv, folder: string): Promise<BareLoop> {
  const list = join(folder, 'urls.txt');
  writeFileSync(list, urls.join('\n'));
  const args = [packagePath('dist', 'bench', 'bare-loop.js'), pipeline, list, String(availableParallelism())];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
  return JSON.parse(stdout) as BareLoop;
}

function print(results: readonly Result[]): void {
  const table = new Table({ head: ['pipeline', 'images', 'bare loop /s', 'system /s', 'ratio', 'CPU ms an image: bare, system', 'busiest stage', 'bare p50/p99 ms', 'sync idle p50/p99', 'sync in bulk p50/p99'] });
  const pair = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
  for (const { pipeline, images, bare, system, sync } of results) {
    table.push([pipeline, images, bare.perSecond.toFixed(1), system.perSecond.toFixed(1), system.ratio.toFixed(2), `${bare.cpuMs.toFixed(0)}, ${system.cpuMs.toFixed(0)}`, system.busiest, pair(bare), pair(sync.idle), pair(sync.duringBulk)]);
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
