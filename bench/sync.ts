/**
 * `npm run bench:sync [-- --photos DIR --pipeline P --requests N]`: what a synchronous answer takes above the bare
 * photo, and what bulk work beside it adds.
 */
import { parseArgs } from 'node:util';
import { bulkRun, uploadPhotos } from './bulk-run.js';
import { readPhotos, say, withDeployment } from './deployment.js';
import { measurePairs, measureSync } from './sync-load.js';

const perSecond = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { photos: { type: 'string' }, pipeline: { type: 'string', default: 'listing-photo@1' }, requests: { type: 'string', default: '150' }, bulk: { type: 'string', default: '600' } },
  });
  const { pipeline } = values;
  const requests = Number(values.requests);
  const photos = readPhotos(values.photos, Number(values.bulk));
  await withDeployment({}, async ({ client, deployment, environment }) => {
    const urls = await uploadPhotos(client, photos);
    const sync = { gatewayUrl: deployment.record().gatewayUrl, pipeline, photos, perSecond };
    say('warming up');
    await bulkRun(client, pipeline, urls.slice(0, 60), 'warm');
    say('bare and through the gateway, in turn');
    const pairs = await measurePairs({ ...sync, environment, perSecond: perSecond / 2, requests });
    say('idle');
    const idle = await measureSync({ ...sync, requests });
    say('during bulk');
    let working = true;
    const bulk = bulkRun(client, pipeline, urls, 'bulk').finally(() => (working = false));
    const during = await measureSync({ ...sync, requests });
    if (!working) throw new Error('the bulk run ended before the requests: give it more photos with --bulk');
    await bulk;
    const line = (name: string, { p50, p99 }: { p50: number; p99: number }) => process.stdout.write(`${name.padEnd(24)} p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms\n`);
    line('bare', pairs.bare);
    line('sync, in turn with bare', pairs.sync);
    line('sync, idle, 5/s', idle);
    line('sync, in bulk, 5/s', during);
    process.stdout.write(`p50 above bare ${(pairs.sync.p50 - pairs.bare.p50).toFixed(1)} ms; p99 in bulk ${(during.p99 / idle.p50).toFixed(2)} times the idle p50; ${idle.failed + during.failed + pairs.sync.failed} failed\n`);
  });
}

await main();
