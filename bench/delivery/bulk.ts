/**
 * `npm run bench:delivery-bulk [-- --photos DIR --count N --rounds N]`: throughput of the whole system in bulk, and the
 * latency of synchronous requests, with each delivery mode in turn.
 */
import { parseArgs } from 'node:util';
import { deliveryModes } from '../../runtime/services.js';
import { bulkRun, uploadPhotos } from '../support/bulk-run.js';
import { readPhotos, say, withDeployment } from '../support/deployment.js';
import { usageOf, usedBetween } from '../support/processes.js';
import { percentile } from '../support/statistics.js';
import { percentOf, stolenShare } from '../support/stolen.js';

const pipeline = 'moderation-only@1';
const syncRequests = 40;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      photos: { type: 'string' },
      count: { type: 'string', default: '240' },
      rounds: { type: 'string', default: '2' },
    },
  });
  const photos = readPhotos(values.photos, Number(values.count));
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const rates: number[] = [];
    for (const mode of deliveryModes) rates.push(await measure(mode, photos));
    const [plain = NaN, transactions = NaN] = rates;
    process.stdout.write(`round ${round}: ratio ${(transactions / plain).toFixed(2)}\n`);
  }
}

/** Returns photos per second. */
async function measure(mode: string, photos: readonly Buffer[]): Promise<number> {
  return withDeployment({ FANLIGHT_DELIVERY: mode }, async ({ client, deployment }) => {
    const urls = await uploadPhotos(client, photos);
    await bulkRun(client, { pipeline, urls: urls.slice(0, 50), run: 'warm-up' });
    say(mode);
    const [before, stolen] = [usageOf(deployment.record().processes), stolenShare()];
    const seconds = await bulkRun(client, { pipeline, urls, run: 'bulk' });
    const used = usedBetween(before, usageOf(deployment.record().processes));
    const cpuMs = (1_000 * used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)) / photos.length;
    const steal = percentOf(stolen());
    const alone = await requestOneByOne(deployment.record().gatewayUrl, photos);
    const rate = photos.length / seconds;
    process.stdout.write(
      `${mode}: ${rate.toFixed(1)} photos/s, ${cpuMs.toFixed(1)} ms of CPU per photo, ${steal} stolen; ` +
        `synchronous alone p50 ${percentile(alone, 0.5).toFixed(0)} ms, p90 ${percentile(alone, 0.9).toFixed(0)} ms\n`,
    );
    return rate;
  });
}

/** Returns the latency of each request (ms). */
async function requestOneByOne(gatewayUrl: string, photos: readonly Buffer[]): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < syncRequests + 5; index += 1) {
    const begun = performance.now();
    const body = new Uint8Array(photos[index % photos.length] ?? []);
    const response = await fetch(`${gatewayUrl}/v1/tags?pipeline=${pipeline}`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'image/jpeg' } },
    });
    if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    if (index >= 5) times.push(performance.now() - begun);
  }
  return times;
}

await main();
