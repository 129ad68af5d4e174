/**
 * Sorts the photos of each listing by their hero score, as listing-photo@2 computes it, and counts the listings in
 * which the front of the house comes first.
 *
 * usage: npx tsx training/measure/measure_hero.ts LISTINGS [--listings 240]
 * LISTINGS holds photos/<id>_<label>.jpg, as photos.ts reads them. Takes the first `--listings` listings by name.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createMemoryImageStore } from '../../adapters/image-store/memory-image-store.js';
import { systemClock } from '../../primitives/clock.js';
import type { Tagged } from '../../processors/merge-tags.js';
import type { OperationContext, Run } from '../../processors/operation.js';
import { inDependencyOrder } from '../../topology/placed-pipeline.js';
import { listingPhoto2 } from '../../topology/pipelines/listing-photo-2.js';
import { defaultAliasRoutes } from '../../models/aliases.js';
import { openCatalogue } from '../../models/catalogue.js';
import { executionOf, loadModel } from '../../models/frameworks.js';
import { createModelHost } from '../../models/host.js';
import { createModelRouter } from '../../models/router.js';
import { findPhotos, type LabelledPhoto } from '../photos/photos.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { listings: { type: 'string', default: '240' } },
});
const [dir] = positionals;
if (dir === undefined) throw new Error('The folder of listings is missing.');

const host = createModelHost({
  catalogue: openCatalogue(fileURLToPath(new URL('../../models/catalogue', import.meta.url))),
  load: (card, folder, { cores, instances }) => loadModel(card, folder, { threads: cores, instances, device: 'cpu' }),
  executionOf: (card) => executionOf(card, { cores: 1 }),
  clock: systemClock,
  lanes: new Map(),
  cores: 1,
});
const ports = {
  clock: systemClock,
  images: createMemoryImageStore(),
  urls: { fetch: () => Promise.reject(new Error('The photos are files.')) },
  models: createModelRouter({ host, routes: defaultAliasRoutes }),
};
const nodes = await Promise.all(
  inDependencyOrder(listingPhoto2).map(async ({ name, operation, from }) => ({
    name,
    from,
    run: (await operation.open(ports)) as Run<object, unknown>,
  })),
);

async function tag({ file }: LabelledPhoto): Promise<Tagged> {
  const event = {
    listingId: '',
    imageId: file,
    url: null,
    content: await readFile(file),
    pipeline: null,
    attributes: {},
  };
  const context: OperationContext = {
    lane: 'backfill',
    deadline: undefined,
    imageId: file,
    client: undefined,
    signal: new AbortController().signal,
    served: () => undefined,
    waitUntil: () => undefined,
  };
  const given = new Map<string, unknown>([['event', event]]);
  for (const { name, from, run } of nodes) {
    given.set(
      name,
      await run(Object.fromEntries(Object.entries(from).map(([input, source]) => [input, given.get(source)])), context),
    );
  }
  return given.get(listingPhoto2.result) as Tagged;
}

interface Ranked {
  readonly label: string;
  readonly score: number;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const listings = groupBy(findPhotos(dir), ({ file }) => basename(file).split('_')[0] ?? '');
const rankings: Ranked[][] = [];
for (const [id, photos] of [...listings].slice(0, Number(values.listings))) {
  const ranked: Ranked[] = [];
  for (const photo of photos)
    ranked.push({ label: photo.label, score: (await tag(photo)).tags.find(({ name }) => name === 'hero')?.score ?? 0 });
  ranked.sort((a, b) => b.score - a.score);
  rankings.push(ranked);
  console.log(`${id}: ${ranked.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(', ')}`);
}
await host.close();

const led = rankings.filter(([first]) => first?.label === 'exterior').length;
console.log(`the front leads ${led} of ${rankings.length} listings`);
for (const [label, photos] of groupBy(rankings.flat(), (photo) => photo.label)) {
  const scores = photos.map(({ score }) => score).sort((a, b) => a - b);
  const at = (share: number) => (scores[Math.round(share * (scores.length - 1))] ?? NaN).toFixed(2);
  console.log(`${label}: median ${at(0.5)}, from ${at(0)} to ${at(1)}`);
}
