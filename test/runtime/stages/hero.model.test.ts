import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import { defaultAliasRoutes } from '../../../models/aliases.js';
import { openCatalogue } from '../../../models/catalogue.js';
import { executionOf, loadModel } from '../../../models/frameworks.js';
import { createModelHost } from '../../../models/host.js';
import { createModelRouter } from '../../../models/router.js';
import { createDriver, type Driver } from '../../../runtime/memory/driver.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { fanlightTopology } from '../../../topology/main.js';
import { drawBanner } from '../../support/draw-banner.js';
import { listingImage, samplePhoto } from '../../support/samples.js';

/** The real listing-photo@2. Tests replace only the moderation score, because the repository has no unsafe photo. */
const clock = createManualClock();
const topology = fanlightTopology('staged');
let nsfw: number | null = null;
const host = createModelHost({
  catalogue: openCatalogue(join(import.meta.dirname, '../../../models/catalogue')),
  async load(card, dir, { cores, instances }) {
    const model = await loadModel(card, dir, { threads: cores, instances, device: 'cpu' });
    if (card.name !== 'moderation') return model;
    return {
      ...model,
      run: async (batch) => (nsfw === null ? model.run(batch) : { nsfw: batch.map(() => Float32Array.of(nsfw ?? 0)) }),
    };
  },
  executionOf: (card) => executionOf(card, { cores: 2 }),
  clock,
  lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
  cores: 2,
});
let driver: Driver;
beforeAll(async () => {
  const urls = { fetch: () => Promise.reject(new Error('nothing is fetched')) };
  const ports = {
    clock,
    images: createMemoryImageStore(),
    urls,
    models: createModelRouter({ host, routes: defaultAliasRoutes }),
  };
  driver = await createDriver({ topology, ports, clock, codec: createMemoryCodec(), waiting: () => host.waiting });
});
afterAll(() => host.close());

async function heroOf(imageId: string, content: Buffer): Promise<number | undefined> {
  await driver.pipe('bulk', listingImage({ imageId, content, pipeline: 'listing-photo@2' }));
  await driver.advance(1_000);
  const result = (await driver.results('bulk')).find((one) => one.imageId === imageId);
  expect(result?.models).toEqual([
    'hero@1',
    'moderation@1',
    'objects@2',
    'overlay-text@1',
    'quality@1',
    'room-type@2',
    'scene@1',
  ]);
  return result?.tags.find(({ name, model }) => name === 'hero' && model === 'hero@1')?.score;
}

it(
  'a photo has a higher hero score than a degraded copy of it and than a photo of a less important room',
  { timeout: 60_000 },
  async () => {
    const photo = await sharp(samplePhoto('exterior')).resize(1024).jpeg({ quality: 90 }).toBuffer();
    const clean = (await heroOf('clean', photo)) ?? NaN;
    expect(clean).toBeGreaterThan(0.7);
    const spoiled = {
      blurred: await sharp(photo).blur(6).jpeg().toBuffer(),
      dark: await sharp(photo).linear(0.25, 0).jpeg().toBuffer(),
      banner: await sharp(await drawBanner(photo, 'FOR SALE', { x: 0.1, y: 0.85, width: 0.8, height: 0.1 }))
        .jpeg()
        .toBuffer(),
      bedroom: await sharp(samplePhoto('bedroom')).resize(1024).jpeg().toBuffer(),
    };
    for (const [what, content] of Object.entries(spoiled))
      expect(await heroOf(what, content), what).toBeLessThan(0.7 * clean);
    nsfw = 0.3;
    expect(await heroOf('doubtful', photo)).toBeCloseTo(0.7 * clean, 1);
    nsfw = 0.9;
    expect(await heroOf('unsafe', photo)).toBeUndefined();
  },
);
