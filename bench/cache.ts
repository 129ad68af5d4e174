/**
 * `npm run bench:cache [-- --photos DIR --count N]`: throughput with and without the output cache.
 *
 * The whole system tags the same photos three times: with an empty cache, again as other listing images, and without
 * the cache.
 */
import { parseArgs } from 'node:util';
import { bulkRun, uploadPhotos } from './support/bulk-run.js';
import { readPhotos, say, withDeployment } from './support/deployment.js';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { photos: { type: 'string' }, count: { type: 'string', default: '960' } } });
  const photos = readPhotos(values.photos, Number(values.count));
  const run = (extra: NodeJS.ProcessEnv, names: readonly string[]) =>
    withDeployment(extra, async ({ client }) => {
      const urls = await uploadPhotos(client, photos);
      await bulkRun(client, { pipeline: 'moderation-only@1', urls: urls.slice(0, 50), run: 'warm-up' });
      const seconds: number[] = [];
      for (const name of names) {
        say(name);
        seconds.push(await bulkRun(client, { pipeline: 'listing-photo@1', urls, run: name }));
      }
      return seconds;
    });
  // With `undefined` the local default applies: the Redis of the platform.
  const [first = NaN, again = NaN] = await run({ FANLIGHT_OUTPUT_CACHE_URL: undefined }, ['first', 'again']);
  const [without = NaN] = await run({}, ['without']);
  const rate = (seconds: number) => `${(photos.length / seconds).toFixed(1)} photos/s`;
  process.stdout.write(
    `without the cache: ${rate(without)}\nfirst run with the cache: ${rate(first)}\nsecond run with the cache: ${rate(again)}, ${(first / again).toFixed(1)} times the first run\n`,
  );
}

await main();
