/**
 * Upper bound of throughput: one Node program that fetches, decodes and infers with Fanlight's own operations, without
 * a broker, a sink or another process. The benchmark runs it as a child, so that both have their own event loop.
 *
 *   node dist/bench/bare/bare-loop.js <pipeline> <file of image-store URLs> <threads>
 *
 * Prints one JSON line: images, seconds, images per second, CPU time per image (ms), resident set (MiB).
 */
import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import { openBare } from './bare.js';

/** Images in flight at the same time: enough to fill model batches and to hide the fetches. */
const concurrency = 32;
const warmUps = 20;

async function main(): Promise<void> {
  const [pipeline = '', file = '', threads = '2'] = process.argv.slice(2);
  const urls = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const bare = await openBare(pipeline, Number(threads));
  for (const url of urls.slice(0, warmUps)) await bare.tag(url, 'bulk');
  const limit = pLimit(concurrency);
  const used = process.cpuUsage();
  const begun = performance.now();
  await Promise.all(urls.map((url) => limit(() => bare.tag(url, 'bulk'))));
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(used);
  const rss = Math.round(process.memoryUsage.rss() / 2 ** 20);
  process.stdout.write(
    `${JSON.stringify({ images: urls.length, seconds, perSecond: urls.length / seconds, cpuMs: (user + system) / 1_000 / urls.length, rssMiB: rss })}\n`,
  );
  await bare.close();
}

await main();
