/**
 * `npm run bench:sync [-- --photos DIR --pipeline P --requests N --rounds R]`: latency of synchronous requests above
 * that of the bare program, idle and during bulk work. Idle and bulk take turns, so that both see the same minutes of
 * the machine.
 */
import { parseArgs } from 'node:util';
import { bulkRun, uploadPhotos } from '../support/bulk-run.js';
import { readPhotos, say, withDeployment } from '../support/deployment.js';
import { measureDuringBulk } from './during-bulk.js';
import { percentOf } from '../support/stolen.js';
import { together, withSyncClient, type Latency, type SyncLatency } from './sync-load.js';

const perSecond = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      photos: { type: 'string' },
      pipeline: { type: 'string', default: 'listing-photo@1' },
      requests: { type: 'string', default: '150' },
      bulk: { type: 'string', default: '800' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const { pipeline } = values;
  const requests = Number(values.requests);
  const photos = readPhotos(values.photos, Number(values.bulk));
  await withDeployment({}, async ({ client, deployment, environment }) => {
    const urls = await uploadPhotos(client, photos);
    say('warming up');
    await bulkRun(client, { pipeline, urls: urls.slice(0, urls.length / 4), run: 'warm' });
    await withSyncClient({ gatewayUrl: deployment.record().gatewayUrl, pipeline, photos }, async (sync) => {
      say('bare and through the gateway, in turn');
      const pairs = await sync.measurePairs({ environment, perSecond: perSecond / 2, requests });
      const idle: SyncLatency[] = [];
      const during: SyncLatency[] = [];
      for (let round = 1; round <= Number(values.rounds); round += 1) {
        say(`round ${round}: idle`);
        idle.push(await sync.measure({ requests, perSecond }));
        say(`round ${round}: during bulk`);
        during.push(
          await measureDuringBulk(sync, { requests, perSecond }, { client, pipeline, urls, run: `bulk-${round}` }),
        );
        say(`round ${round}: p99 in bulk ${ratio(during.at(-1), idle.at(-1))} times the idle p50`);
      }
      print(pairs.bare, pairs.sync, together(idle), together(during));
    });
  });
}

function print(bare: Latency, inTurn: SyncLatency, idle: SyncLatency, during: SyncLatency): void {
  const line = (name: string, { p50, p99 }: Latency, more = '') =>
    process.stdout.write(`${name.padEnd(24)} p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms${more}\n`);
  const requests = ({ requests: count, stolen }: SyncLatency) => ` (${count} requests; CPU steal ${percentOf(stolen)})`;
  line('bare', bare);
  line('sync, in turn with bare', inTurn, requests(inTurn));
  line('sync, idle, 5/s', idle, requests(idle));
  line('sync, in bulk, 5/s', during, requests(during));
  const failed = inTurn.failed + idle.failed + during.failed;
  process.stdout.write(
    `p50 above bare ${(inTurn.p50 - bare.p50).toFixed(1)} ms; p99 in bulk ${ratio(during, idle)} times the idle p50; ${failed} failed\n`,
  );
}

function ratio(during: SyncLatency | undefined, idle: SyncLatency | undefined): string {
  return ((during?.p99 ?? NaN) / (idle?.p50 ?? NaN)).toFixed(2);
}

await main();
