import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import { createMemoryOutputCache } from '../../../adapters/output-cache/memory-output-cache.js';
import { defaultAliasRoutes } from '../../../models/aliases.js';
import { openCatalogue } from '../../../models/catalogue.js';
import { executionOf, loadModel } from '../../../models/frameworks.js';
import { createModelHost } from '../../../models/host.js';
import { createModelRouter } from '../../../models/router.js';
import { createDriver } from '../../../runtime/memory/driver.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import type { LaneName } from '../../../schemas/lanes.js';
import { problemsBehind } from '../../../topology/model-checks.js';
import { fanlightTopology } from '../../../topology/main.js';
import { listingImage, samplePhoto } from '../../support/samples.js';

/** Uses the real topology, models and photos, without servers. */
const clock = createManualClock();
const topology = fanlightTopology('staged');
const dispatches: string[] = [];
const catalogue = openCatalogue(join(import.meta.dirname, '../../../models/catalogue'));
const host = createModelHost({
  catalogue,
  load: (card, dir, { cores, instances }) => loadModel(card, dir, { threads: cores, instances, device: 'cpu' }),
  executionOf: (card) => executionOf(card, { cores: 2 }),
  clock,
  lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
  cores: 2,
  observer: { onBatch: (modelId) => dispatches.push(modelId) },
});
afterAll(() => host.close());

/** A driver with its own cache and router. */
async function world() {
  const incompatibilities = (alias: string, version: string) =>
    problemsBehind(alias, version, topology, catalogue.models);
  const models = createModelRouter({ host, routes: defaultAliasRoutes, incompatibilities });
  const urls = { fetch: () => Promise.reject(new Error('nothing is fetched')) };
  const ports = { clock, images: createMemoryImageStore(), urls, models, outputs: createMemoryOutputCache() };
  const driver = await createDriver({
    topology,
    ports,
    clock,
    codec: createMemoryCodec(),
    waiting: () => host.waiting,
  });
  const tag = async (lane: LaneName, imageId: string, pipeline: string, content = samplePhoto('exterior')) => {
    const before = dispatches.length;
    await driver.pipe(lane, listingImage({ imageId, content, pipeline }));
    await driver.advance(1_000);
    return {
      result: (await driver.results(lane)).at(-1),
      ran: dispatches.slice(before).sort((a, b) => a.localeCompare(b)),
    };
  };
  return { driver, tag, setRoute: models.setRoute };
}

it(
  'reuses cached outputs for the same file in any listing and lane, and lists them in the result',
  { timeout: 60_000 },
  async () => {
    const { driver, tag } = await world();
    const first = await tag('bulk', 'first', 'listing-photo@1');
    expect([first.ran, first.result?.cached]).toEqual([['moderation@1', 'room-type@1', 'scene@1'], []]);
    const passed = () =>
      ['preprocess', 'infer', 'compose'].filter((stage) => driver.read(`${stage}.backfill`).length > 0);
    const again = await tag('backfill', 'again', 'listing-photo@1');
    // The task skips `infer`. The quality tags come from the cached quality.
    expect(passed()).toEqual(['preprocess', 'compose']);
    // The output of the head is not cached, because computing it is faster.
    expect([again.ran, again.result?.cached]).toEqual([['room-type@1'], ['moderation@1', 'scene@1']]);
    const same = ({ roomType, tags, width, height, models: versions }: NonNullable<typeof first.result>) => ({
      roomType,
      tags,
      width,
      height,
      versions,
    });
    expect(same(again.result as NonNullable<typeof first.result>)).toEqual(
      same(first.result as NonNullable<typeof first.result>),
    );
    // A new pipeline version runs only its new models.
    const newer = await tag('bulk', 'newer', 'listing-photo@2');
    expect([newer.ran, newer.result?.cached]).toEqual([
      ['objects@2', 'overlay-text@1', 'room-type@2'],
      ['moderation@1', 'scene@1'],
    ]);
    expect(newer.result?.models).toEqual([
      'hero@1',
      'moderation@1',
      'objects@2',
      'overlay-text@1',
      'quality@1',
      'room-type@2',
      'scene@1',
    ]);
    const other = await tag('bulk', 'other', 'listing-photo@1', samplePhoto('kitchen'));
    expect(other.ran).toEqual(['moderation@1', 'room-type@1', 'scene@1']);
  },
);

it(
  'runs only the head after an alias moves, and each version takes its inputs from the cached outputs',
  { timeout: 60_000 },
  async () => {
    const { tag, setRoute } = await world();
    const versions = async (imageId: string) => {
      const { result, ran } = await tag('bulk', imageId, 'listing-photo@2');
      return {
        ran,
        served: result?.models.filter((id) => id.startsWith('room-type@')),
        roomType: result?.roomType?.name,
      };
    };
    expect(await versions('before')).toMatchObject({ served: ['room-type@2'], roomType: 'exterior' });
    setRoute('room-type@stable', { to: 'room-type@1' });
    expect(await versions('back')).toEqual({ ran: ['room-type@1'], served: ['room-type@1'], roomType: 'exterior' });
    setRoute('room-type@stable', { to: 'room-type@1', canary: { to: 'room-type@2', percent: 100, clients: [] } });
    expect(await versions('canary')).toEqual({ ran: ['room-type@2'], served: ['room-type@2'], roomType: 'exterior' });
    expect(() => setRoute('room-type@stable', { to: 'scene@1' })).toThrow(
      'listing-photo@2: roomType runs scene@1, which takes an image, and offers scene@1/probs, scene@1/features, objects@2/detections.',
    );
  },
);
