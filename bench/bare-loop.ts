/**
 * The limit: one Node program that fetches, decodes and infers with Fanlight's own operations, without a broker, a
 * sink or another process. Run as a child, so that nothing of the caller shares its event loop.
 *
 *   node dist/bench/bare-loop.js <pipeline> <file of image-store URLs> <threads>
 *
 * Prints one JSON line: images, seconds, images per second, processor time an image, and the latency of single images, one at a time.
 */
import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import { openPorts, openSlots } from '../cli/open-ports.js';
import { openServices } from '../cli/open-services.js';
import { readConfig } from '../cli/config.js';
import { openStage } from '../topology/execute.js';
import { fanlightTopology } from '../topology/main.js';
import { percentile } from './statistics.js';

/** Images under way at the same time: enough to fill model batches and to hide the fetches. */
const concurrency = 32;
const singles = 40;
const warmUps = 20;

async function main(): Promise<void> {
  const [pipeline = '', file = '', threads = '2'] = process.argv.slice(2);
  const urls = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  const config = { ...readConfig(process.env), FANLIGHT_THREADS: Number(threads), FANLIGHT_LOG_LEVEL: 'warn' as const };
  const services = await openServices('bare-loop', config, (error) => {
    throw error;
  });
  const topology = fanlightTopology('compact');
  // All stages in one group: the same operations, with nothing between them.
  const plan = topology.plans.find(({ first, lane }) => first && lane.name === 'bulk');
  if (!plan) throw new Error('the placement has no group for bulk');
  const ports = openPorts(config, topology, [plan], services, 'cpu');
  const runner = await openStage({ plan, topology, ports, slots: openSlots(Number(threads)) });

  const tag = (url: string, laneName: 'realtime' | 'bulk') =>
    runner.run(
      { event: { listingId: 'bench', imageId: url, url, content: null, pipeline, attributes: {} }, pipeline, eventTime: 0, content: null, models: [], cached: null, values: new Map(), timings: {} },
      0,
      { lane: laneName, deadline: undefined, imageId: url, client: undefined, signal: new AbortController().signal, cancelled: () => false, waitUntil: () => undefined },
    );

  for (const url of urls.slice(0, warmUps)) await tag(url, 'realtime');
  const latencies: number[] = [];
  for (const url of urls.slice(0, singles)) {
    const begun = performance.now();
    await tag(url, 'realtime');
    latencies.push(performance.now() - begun);
  }
  const limit = pLimit(concurrency);
  const used = process.cpuUsage();
  const begun = performance.now();
  await Promise.all(urls.map((url) => limit(() => tag(url, 'bulk'))));
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(used);
  const rss = Math.round(process.memoryUsage.rss() / 2 ** 20);
  process.stdout.write(
    `${JSON.stringify({ images: urls.length, seconds, perSecond: urls.length / seconds, cpuMs: (user + system) / 1_000 / urls.length, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), rssMiB: rss })}\n`,
  );
  await ports.close();
  await services.close();
}

await main();
