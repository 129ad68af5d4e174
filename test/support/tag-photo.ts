import { fileURLToPath } from 'node:url';
import { createMemoryImageStore } from '../../adapters/image-store/memory-image-store.js';
import { defaultAliasRoutes } from '../../models/aliases.js';
import { openCatalogue } from '../../models/catalogue.js';
import { executionOf, loadModel } from '../../models/frameworks.js';
import { createModelHost } from '../../models/host.js';
import { createModelRouter } from '../../models/router.js';
import { createDriver } from '../../runtime/memory/driver.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../runtime/memory/memory-codec.js';
import type { ImageTags } from '../../schemas/events.js';
import { errorHeaders } from '../../schemas/headers.js';
import { fanlightTopology } from '../../topology/main.js';
import { listingImage } from './samples.js';

/** Tags one photo, with the real models and without servers. @throws Error with the message of the dead letter */
export async function tagPhoto(pipeline: string, content: Buffer): Promise<ImageTags> {
  const clock = createManualClock();
  const topology = fanlightTopology('staged');
  const host = createModelHost({
    catalogue: openCatalogue(fileURLToPath(new URL('../../models/catalogue', import.meta.url))),
    load: (card, dir, { cores, instances }) => loadModel(card, dir, { threads: cores, instances, device: 'cpu' }),
    executionOf: (card) => executionOf(card, { cores: 2 }),
    clock,
    lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
    cores: 2,
  });
  const urls = { fetch: () => Promise.reject(new Error('nothing is fetched')) };
  const ports = {
    clock,
    images: createMemoryImageStore(),
    urls,
    models: createModelRouter({ host, routes: defaultAliasRoutes }),
  };
  try {
    const driver = await createDriver({
      topology,
      ports,
      clock,
      codec: createMemoryCodec(),
      waiting: () => host.waiting,
    });
    await driver.pipe('realtime', listingImage({ content, pipeline }));
    await driver.advance(1_000);
    const [result] = await driver.results('realtime');
    if (result) return result;
    throw new Error(
      driver.read('dead-letters.realtime')[0]?.headers[errorHeaders.message] ??
        'There is neither a result nor a dead letter.',
    );
  } finally {
    await host.close();
  }
}
