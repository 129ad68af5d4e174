import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import { openCatalogue } from '../../../models/catalogue.js';
import { defaultAliasRoutes } from '../../../models/aliases.js';
import { createModelHost } from '../../../models/host.js';
import { createModelRouter } from '../../../models/router.js';
import { executionOf, loadModel } from '../../../models/frameworks.js';
import type { UrlFetcher } from '../../../processors/ports.js';
import { createDriver, type Driver } from '../../../runtime/memory/driver.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import type { ImageTask } from '../../../schemas/events.js';
import { listingImageMessage } from '../../../runtime/records/listing-image.js';
import { createSeal } from '../../../runtime/records/seal.js';
import { FanlightError } from '../../../schemas/failure.js';
import { errorHeaders, headers } from '../../../schemas/headers.js';
import { laneNames } from '../../../schemas/lanes.js';
import { fanlightTopology } from '../../../topology/main.js';
import { drawBanner } from '../../support/draw-banner.js';
import { listingImage, samplePhoto } from '../../support/samples.js';

/** Uses the real topology, models and photos, without servers. */
describe('the whole topology in one process', () => {
  const clock = createManualClock();
  const images = createMemoryImageStore();
  const topology = fanlightTopology('staged');
  const dispatches: string[] = [];
  let answers: Record<string, () => Promise<Uint8Array>> = {};
  const urls: UrlFetcher = { fetch: (url) => answers[url]?.() ?? Promise.reject(new Error(`no answer for ${url}`)) };
  const host = createModelHost({
    catalogue: openCatalogue(join(import.meta.dirname, '../../../models/catalogue')),
    load: (card, dir, { cores, instances }) => loadModel(card, dir, { threads: cores, instances, device: 'cpu' }),
    executionOf: (card) => executionOf(card, { cores: 2 }),
    clock,
    lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
    cores: 2,
    observer: { onBatch: (modelId, size, reason) => dispatches.push(`${modelId} ${size} ${reason}`) },
  });
  const models = createModelRouter({ host, routes: defaultAliasRoutes });
  const codec = createMemoryCodec();
  const cancelled = new Set<string>();
  let driver: Driver;

  beforeAll(async () => {
    driver = await createDriver({
      topology,
      ports: { clock, images, urls, models },
      clock,
      codec,
      waiting: () => host.waiting,
      isCancelled: (job) => cancelled.has(job),
    });
  });
  afterAll(() => host.close());

  /** Tag results of an image on `image-tags.bulk`. */
  async function resultsOf(image: string) {
    return (await driver.results('bulk'))
      .filter(({ imageId }) => imageId === image)
      .map(({ roomType, tags }) => ({ roomType, tags }));
  }

  it.each(laneNames)('tags a photo that travels inside its event through %s', async (lane) => {
    const content = samplePhoto('exterior');
    await driver.pipe(lane, listingImage({ imageId: `photo-${lane}`, content, attributes: { agent: '7' } }));
    await driver.advance(1_000);

    const result = (await driver.results(lane)).at(-1);
    expect(result).toMatchObject({
      listingId: 'listing-1',
      imageId: `photo-${lane}`,
      pipeline: 'listing-photo@1',
      format: 'jpeg',
      width: 800,
      height: 533,
      roomType: { name: 'exterior' },
      models: ['moderation@1', 'quality@1', 'room-type@1', 'scene@1'],
      attributes: { agent: '7' },
    });
    expect(Object.keys(result?.timings ?? {}).sort()).toEqual(['compose', 'fetch', 'infer', 'preprocess']);
    expect(images.objects.size).toBe(1); // Equal content is stored once for all lanes.
  });

  it('routes a composite through the queues of its stages, with only the values that they need', async () => {
    const queues = ['preprocess', 'infer', 'crop', 'inspect', 'compose'];
    const passed = (before: readonly number[]) =>
      queues.map((stage, at) => driver.read(`${stage}.backfill`).length - (before[at] ?? 0));
    const lengths = () => passed([]);
    expect(lengths().slice(2, 4)).toEqual([0, 0]);

    const before = lengths();
    const banner = await drawBanner(samplePhoto('livingRoom'), 'SOLD', { x: 0.2, y: 0.45, width: 0.5, height: 0.08 });
    await driver.pipe(
      'backfill',
      listingImage({ imageId: 'sold', content: await sharp(banner).jpeg().toBuffer(), pipeline: 'listing-text@1' }),
    );
    await driver.advance(1_000);
    expect(passed(before)).toEqual([1, 1, 1, 1, 1]);
    const [result] = (await driver.results('backfill')).slice(-1);
    expect(result).toMatchObject({
      imageId: 'sold',
      pipeline: 'listing-text@1',
      roomType: null,
      models: ['overlay-text@1', 'text-line@1'],
    });
    expect(result?.tags.filter(({ text }) => text !== null)).toMatchObject([
      { name: 'overlay text', model: 'text-line@1', text: 'SOLD' },
    ]);
    expect(Object.keys(result?.timings ?? {}).sort()).toEqual([
      'compose',
      'crop',
      'fetch',
      'infer',
      'inspect',
      'preprocess',
    ]);
    // Decoded pixels stay in their process. The file travels to `crop`, and the lines travel from there.
    const carried = async (queue: string) =>
      Object.keys(
        ((await codec.decode('image-task', driver.read(queue).at(-1)?.value ?? null)) as ImageTask).values,
      ).sort();
    expect(await Promise.all(queues.map((stage) => carried(`${stage}.backfill`)))).toEqual([
      ['file'],
      ['facts', 'file', 'textView'],
      ['facts', 'file', 'text'],
      ['facts', 'lines', 'text'],
      ['facts', 'read', 'text'],
    ]);

    const between = lengths();
    await driver.pipe('backfill', listingImage({ imageId: 'plain', content: samplePhoto('kitchen') }));
    await driver.advance(1_000);
    expect(passed(between)).toEqual([1, 1, 0, 0, 1]);
  });

  it('dispatches a batch within the batch delay of the lane and reports the reason', async () => {
    dispatches.length = 0;
    const content = samplePhoto('exterior');
    for (const imageId of ['a', 'b']) {
      await driver.pipe('bulk', listingImage({ imageId, content, pipeline: 'moderation-only@1' }));
    }
    await driver.settle();
    expect(dispatches).toEqual([]);
    await driver.advance(49);
    expect(dispatches).toEqual([]);
    await driver.advance(1);
    expect(dispatches).toEqual(['moderation@1 2 delay']);
  });

  it('copies job headers to the results and skips the images of a cancelled job', async () => {
    const job = { id: 'job-1', item: 0, reference: 'front', callback: 'https://client.example/hook' };
    const said = {
      [headers.job]: 'job-1',
      [headers.jobItem]: '0',
      [headers.reference]: 'front',
      [headers.callback]: 'https://client.example/hook',
    };
    const write = async (imageId: string, item: number) =>
      driver.write(
        await listingImageMessage(
          listingImage({ imageId, content: samplePhoto('exterior'), pipeline: 'moderation-only@1' }),
          {
            lane: 'bulk',
            codec,
            now: clock.now(),
            source: '/test',
            traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
            job: { ...job, item, seal: createSeal() },
          },
        ),
      );
    await write('of-job', 0);
    await driver.advance(1_000);
    expect(driver.read('image-tags.bulk').at(-1)?.headers).toMatchObject(said);

    // One image waits for its batch while the job is cancelled. Another image arrives later.
    dispatches.length = 0;
    await write('waiting', 1);
    await driver.settle();
    cancelled.add('job-1');
    await write('late', 2);
    await driver.advance(1_000);
    expect(dispatches).toEqual([]);
    expect(driver.read('cancelled-images.bulk').map(({ headers: texts }) => texts[headers.jobItem])).toEqual([
      '2',
      '1',
    ]);
    expect(driver.read('dead-letters.bulk')).toEqual([]);
  });

  it('retries transient failures through the retry topics of the lane, then writes a dead letter', async () => {
    answers = {
      'https://photos.example/1.jpg': () =>
        Promise.reject(
          new FanlightError({
            code: 'host-timeout',
            message: 'The host photos.example did not answer.',
            remedy: 'Try later.',
          }),
        ),
    };
    await driver.pipe('bulk', listingImage({ imageId: 'late', url: 'https://photos.example/1.jpg' }));
    await driver.settle();
    expect(driver.read('retry-5s.bulk')).toHaveLength(1);
    await driver.advance(5_000);
    expect(driver.read('retry-30s.bulk')).toHaveLength(1);
    expect(driver.read('dead-letters.bulk')).toHaveLength(0);
    await driver.advance(30_000);
    const [letter] = driver.read('dead-letters.bulk');
    expect(letter?.headers).toMatchObject({
      [errorHeaders.code]: 'host-timeout',
      [errorHeaders.message]: 'The host photos.example did not answer.',
      [errorHeaders.topic]: 'listing-images.bulk',
      [errorHeaders.stage]: 'fetch',
      [errorHeaders.operation]: 'fetch',
      [errorHeaders.attempts]: '3',
      [headers.attempt]: '3',
    });
    expect(letter?.value).toEqual(driver.read('listing-images.bulk').at(-1)?.value);
  });

  it('tags the image if the host recovers before the retries are used up', async () => {
    let calls = 0;
    const flaky = () => {
      calls += 1;
      if (calls > 1) return Promise.resolve(new Uint8Array(samplePhoto('exterior')));
      return Promise.reject(new FanlightError({ code: 'host-timeout', message: 'no answer', remedy: 'wait' }));
    };
    answers = { 'https://photos.example/2.jpg': flaky };
    await driver.pipe('bulk', listingImage({ imageId: 'flaky', url: 'https://photos.example/2.jpg' }));
    await driver.advance(6_000);
    expect((await driver.results('bulk')).at(-1)).toMatchObject({ imageId: 'flaky', roomType: { name: 'exterior' } });
  });

  it.each([
    ['an HTML page', '<html><body>gone</body></html>', 'not-an-image'],
    ['an empty file', '', 'empty-file'],
  ])('writes a dead letter at once for %s', async (_name, text, code) => {
    const before = driver.read('dead-letters.bulk').length;
    await driver.pipe('bulk', listingImage({ imageId: code, content: Buffer.from(text) }));
    await driver.settle();
    expect(
      driver
        .read('dead-letters.bulk')
        .slice(before)
        .map((letter) => letter.headers[errorHeaders.code]),
    ).toEqual([code]);
  });

  it('writes a dead letter for a record that is not a listing-image event', async () => {
    const before = driver.read('dead-letters.realtime').length;
    driver.write({ topic: 'listing-images.realtime', key: null, value: Buffer.from('{"url":1}'), headers: {} });
    await driver.settle();
    const letters = driver.read('dead-letters.realtime').slice(before);
    expect(letters.map((letter) => letter.headers[errorHeaders.code])).toEqual(['invalid-event']);
  });

  it('sends a task back that a worker of another version sent past the stage that has to run it', async () => {
    await driver.pipe('bulk', listingImage({ imageId: 'strayed', content: samplePhoto('exterior') }));
    await driver.advance(1_000);
    const task = driver.read('infer.bulk').at(-1);
    const [right] = await resultsOf('strayed');
    if (!task) throw new Error('the task did not pass infer.bulk');
    driver.write({ ...task, topic: 'compose.bulk' });
    await driver.advance(1_000);
    const results = await resultsOf('strayed');
    expect(results).toEqual([right, right]);
    expect(driver.read('infer.bulk').at(-1)?.value).toEqual(task.value);
  });

  it('retries a task whose pipeline only the newer sender knows', async () => {
    const task = driver.read('infer.bulk').at(-1);
    if (!task) throw new Error('no task passed infer.bulk');
    const record = (await codec.decode('image-task', task.value)) as ImageTask;
    const [waiting, letters] = [driver.read('retry-5s.bulk').length, driver.read('dead-letters.bulk').length];
    driver.write({
      ...task,
      topic: 'compose.bulk',
      value: await codec.encode('image-task', 'compose.bulk', { ...record, pipeline: 'listing-photo@99' }),
    });
    await driver.settle();
    expect(driver.read('dead-letters.bulk')).toHaveLength(letters);
    expect(driver.read('retry-5s.bulk')).toHaveLength(waiting + 1);
    // For an event, an unknown pipeline is a mistake of the producer.
    await driver.pipe(
      'bulk',
      listingImage({ imageId: 'new', content: samplePhoto('exterior'), pipeline: 'listing-photo@99' }),
    );
    await driver.settle();
    expect(
      driver
        .read('dead-letters.bulk')
        .slice(letters)
        .map((letter) => letter.headers[errorHeaders.code]),
    ).toEqual(['unknown-pipeline']);
    await driver.advance(60_000);
  });

  it('gives the result of the same image, content and pipeline the same id', async () => {
    const content = samplePhoto('exterior');
    const ids = async () => {
      await driver.pipe('bulk', listingImage({ imageId: 'same', content }));
      await driver.advance(1_000);
      return driver.read('image-tags.bulk').at(-1)?.headers[headers.ceId];
    };
    const first = await ids();
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await ids()).toBe(first);
  });
});
