import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import type { Ports } from '../../../processors/ports.js';
import { checkEntrance } from '../../../runtime/consumption/entrance-middleware.js';
import { createDriver } from '../../../runtime/memory/driver.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { createMetrics } from '../../../runtime/metrics.js';
import { listingImageMessage } from '../../../runtime/records/listing-image.js';
import type { OutgoingMessage } from '../../../runtime/records/message.js';
import { createSeal, sealedFor } from '../../../runtime/records/seal.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { replayOf } from '../../../cli/dlq/replay.js';
import type { ImageTags } from '../../../schemas/events.js';
import { FanlightError } from '../../../schemas/failure.js';
import { errorHeaders, headers } from '../../../schemas/headers.js';
import { imageTagsId } from '../../../schemas/ids.js';
import type { LaneName } from '../../../schemas/lanes.js';
import { storeResult } from '../../../sinks/redis/request.js';
import { versionOf } from '../../../sinks/result-order.js';
import { pipelineFields } from '../../../sinks/solr/field-names.js';
import { solrUpdates } from '../../../sinks/solr/request.js';
import { lanes } from '../../../topology/lanes.js';
import { placements } from '../../../topology/placements.js';
import { listingImage } from '../../support/samples.js';
import { idleTopology } from '../lane-support.js';

const day = 86_400_000;
const year2100 = Date.UTC(2100, 0, 1);

/** A topology whose first operation fails as often as `failures` says. */
async function createScene({ failures = 0, keys = [] as readonly string[] } = {}) {
  const clock = createManualClock();
  const codec = createMemoryCodec();
  const seal = createSeal(keys);
  let left = failures;
  const topology = idleTopology(placements.compact, (operation) => {
    if (operation !== 'fetch' || left === 0) return Promise.resolve();
    left -= 1;
    return Promise.reject(new FanlightError({ code: 'host-timeout', message: 'No answer.', remedy: 'Wait.' }));
  });
  const ports = { clock, images: createMemoryImageStore() } as unknown as Ports;
  const driver = await createDriver({ topology, ports, clock, codec, seal, waiting: () => 0 });
  const event = (url: string, lane: LaneName = 'bulk'): Promise<OutgoingMessage> =>
    listingImageMessage(listingImage({ imageId: 'photo', url }), {
      lane,
      codec,
      now: clock.now(),
      source: '/test',
      traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
    });
  return {
    clock,
    driver,
    seal,
    event,
    /** Writes one event as a producer would. */
    async send(url: string, more: Record<string, string> = {}, timestamp?: number, lane: LaneName = 'bulk') {
      const record = await event(url, lane);
      driver.write({ ...record, headers: { ...record.headers, ...more } }, timestamp);
    },
  };
}

const recordOf = (value: ImageTags, index: number) => ({
  id: imageTagsId(value),
  value,
  topic: 'image-tags.bulk',
  partition: 0,
  offset: String(index),
});

/** The URL that Solr holds after both results, whether they arrive together or one after the other. */
function urlsInSolr(older: ImageTags, newer: ImageTags) {
  const together = solrUpdates(
    [older, newer].map((value, index) => ({ index, record: recordOf(value, index) })),
    new Map(),
  );
  const held = {
    version: '1',
    newest: versionOf(recordOf(older, 0)),
    pipelines: new Map([[pipelineFields(older.pipeline).eventTime, versionOf(recordOf(older, 0))]]),
  };
  const apart = solrUpdates([{ index: 0, record: recordOf(newer, 1) }], new Map([[older.imageId, held]]));
  return [together[0]?.['url'], (apart[0]?.['url'] as { set: string } | undefined)?.set];
}

/** Event time as the script of the Redis sink compares it. */
const timeInRedis = (tags: ImageTags) => Number(storeResult('fl:', recordOf(tags, 0)).args[3]);

describe.each(['realtime', 'bulk'] as const)('an event with an impossible time in the lane %s', (lane) => {
  it.each([
    { name: 'a clock that is 50 minutes ahead', ahead: 50 * 60_000, texts: {} },
    { name: 'the year 2100 as its timestamp', ahead: year2100, texts: {} },
    { name: 'no timestamp (-1)', ahead: -1 - Date.UTC(2026, 0, 1), texts: {} },
    { name: 'a timestamp of 1e17', ahead: 1e17, texts: {} },
    ...[String(year2100), 'NaN', '1e17', '100000000000000000', '-1'].map((text) => ({
      name: `the header fl-event-time: ${text}`,
      ahead: 0,
      texts: { [headers.eventTime]: text },
    })),
  ])('$name loses to the next result of its photo in Solr and Redis', async ({ ahead, texts }) => {
    const { driver, clock, send } = await createScene();
    await send('https://photos.example/old.jpg', texts, clock.now() + ahead, lane);
    await driver.advance(1_000);
    await send('https://photos.example/new.jpg', {}, clock.now(), lane);
    await driver.advance(1_000);

    const [older, newer] = await driver.results(lane);
    if (!older || !newer) throw new Error('a result is missing');
    expect([older.url, newer.url]).toEqual(['https://photos.example/old.jpg', 'https://photos.example/new.jpg']);
    expect(older.eventTime).toBe(clock.now() - 2_000);
    expect(urlsInSolr(older, newer)).toEqual([newer.url, newer.url]);
    expect(timeInRedis(newer)).toBeGreaterThan(timeInRedis(older));
  });
});

describe('internal headers of a producer', () => {
  const foreign = {
    [headers.attempt]: '99',
    [headers.retryAt]: String(year2100),
    [headers.retryTo]: 'infer.bulk',
    [headers.origin]: 'another-event',
    [headers.eventTime]: '5',
    [headers.replayed]: 'dead-letters.bulk/0/0',
    [headers.seal]: 'a'.repeat(64),
    [errorHeaders.code]: 'not-found',
    [errorHeaders.stage]: 'sink-solr',
  };

  it.each([
    { name: 'all of them', texts: foreign },
    { name: 'no attempts', texts: { [headers.attempt]: 'NaN' } },
    { name: 'a negative attempt', texts: { [headers.attempt]: '-1000' } },
  ])('change nothing on the way of an event to its dead letter: $name', async ({ texts }) => {
    const wayOf = async (more: Record<string, string>) => {
      const { driver, send } = await createScene({ failures: 10 });
      await send('https://photos.example/1.jpg', more);
      await driver.advance(60_000);
      return ['fetch.bulk', 'retry-5s.bulk', 'retry-30s.bulk', 'dead-letters.bulk'].map((topic) =>
        driver.read(topic).map(({ headers: found }) => ({ ...found, [errorHeaders.stacktrace]: '' })),
      );
    };
    const way = await wayOf(texts);
    expect(way.map((records) => records.length)).toEqual([3, 1, 1, 1]);
    expect(way).toEqual(await wayOf({}));
  });

  it('change nothing in the result', async () => {
    const { driver, clock, send, event } = await createScene();
    await send('https://photos.example/1.jpg', foreign);
    await driver.advance(1_000);
    const [result] = driver.read('image-tags.bulk');
    expect(result?.headers).toMatchObject({
      [headers.origin]: (await event('https://photos.example/1.jpg')).headers[headers.ceId],
    });
    expect(Object.keys(result?.headers ?? {}).filter((name) => name in foreign)).toEqual([headers.origin]);
    expect((await driver.results('bulk'))[0]?.eventTime).toBe(clock.now() - 1_000);
  });

  it.each([
    { text: '1e17', kept: undefined },
    { text: '-1', kept: undefined },
    { text: 'NaN', kept: undefined },
    { text: '9999999999999999', kept: Date.UTC(2026, 0, 1) + 7 * day },
    { text: String(Date.UTC(2026, 0, 1) + 5_000), kept: Date.UTC(2026, 0, 1) + 5_000 },
  ])('bound the deadline $text of a client', async ({ text, kept }) => {
    const { driver, send } = await createScene();
    await send('https://photos.example/1.jpg', { [headers.deadline]: text });
    await driver.advance(1_000);
    expect(driver.read('image-tags.bulk').map((result) => result.headers[headers.deadline])).toEqual([
      kept === undefined ? undefined : String(kept),
    ]);
  });
});

describe('an event that enters again', () => {
  it('counts its attempts and keeps its time through retry topics', async () => {
    const { driver, clock, send } = await createScene({ failures: 2 });
    const sentAt = clock.now() - 1_000;
    await send('https://photos.example/1.jpg', {}, sentAt);
    await driver.advance(60_000);
    const queued = driver.read('fetch.bulk').map((record) => record.headers[headers.attempt]);
    expect(queued).toEqual([undefined, '2', '3']);
    expect(driver.read('fetch.bulk').filter((record) => headers.seal in record.headers)).toEqual([]);
    expect((await driver.results('bulk')).map(({ eventTime }) => eventTime)).toEqual([sentAt]);
  });

  it('keeps its time when its dead letter is replayed weeks later', async () => {
    const { driver, clock, send, seal } = await createScene({ failures: 3 });
    const sentAt = clock.now();
    await send('https://photos.example/1.jpg');
    await driver.advance(60_000);
    const [letter] = driver.read('dead-letters.bulk');
    if (!letter) throw new Error('the dead letter is missing');
    await driver.advance(27 * day);
    const [original] = replayOf(letter, 'listing-images.bulk', null, clock.now());
    driver.write(sealedFor(original.topic, original, seal));
    await driver.advance(1_000);
    expect((await driver.results('bulk')).map(({ eventTime }) => eventTime)).toEqual([sentAt]);
    expect(driver.read('fetch.bulk').map((record) => record.headers[headers.attempt])).toEqual([
      undefined,
      '2',
      '3',
      undefined,
    ]);
  });
});

describe('job headers', () => {
  const job = { [headers.job]: 'a'.repeat(32), [headers.jobItem]: '0', [headers.callback]: 'https://client.example/' };
  const jobOf = (records: readonly { readonly headers: Readonly<Record<string, string>> }[]) =>
    records.map((record) => Object.keys(job).map((name) => record.headers[name]));
  const absent = Object.keys(job).map(() => undefined);

  it.each([
    { name: 'need no seal without a key', keys: [], found: Object.values(job) },
    { name: 'count only under a seal with a key', keys: ['a key of this deployment'], found: absent },
  ])('$name', async ({ keys, found }) => {
    const { driver, send } = await createScene({ keys });
    await send('https://photos.example/1.jpg', job);
    await driver.advance(1_000);
    expect(jobOf(driver.read('image-tags.bulk'))).toEqual([found]);
  });

  it('survive under a seal, also through retries', async () => {
    const { driver, seal, event } = await createScene({ keys: ['a key of this deployment'], failures: 2 });
    const record = await event('https://photos.example/1.jpg');
    driver.write(sealedFor(record.topic, { ...record, headers: { ...record.headers, ...job } }, seal));
    await driver.advance(60_000);
    expect(jobOf(driver.read('image-tags.bulk'))).toEqual([Object.values(job)]);
  });
});

it('a worker counts replaced times and dropped headers by lane', async () => {
  const [lane] = lanes;
  if (!lane) throw new Error('there is no lane');
  const metrics = createMetrics();
  const services = {
    clock: createManualClock(),
    seal: createSeal(),
    metrics,
    logger: pino({ level: 'silent' }),
  } as Partial<WorkerServices> as WorkerServices;
  const handle = checkEntrance(lane, services)(() => Promise.resolve([]));
  const record = { topic: 'listing-images.realtime', partition: 0, offset: 0n, key: null, value: null };
  const context = { signal: new AbortController().signal, waitUntil: () => undefined };
  await handle({ ...record, headers: { [headers.origin]: 'x' }, timestamp: year2100 }, context);
  await handle({ ...record, headers: {}, timestamp: services.clock.now() }, context);
  expect((await metrics.eventTimesClamped.get()).values).toEqual([{ labels: { lane: 'realtime' }, value: 1 }]);
  expect((await metrics.headersDropped.get()).values).toEqual([
    { labels: { lane: 'realtime', header: headers.origin }, value: 1 },
  ]);
});
