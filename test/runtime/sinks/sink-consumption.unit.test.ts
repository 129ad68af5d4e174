import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { unavailable } from '../../../adapters/stores/failures.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { createMetrics } from '../../../runtime/metrics.js';
import type { Codec } from '../../../runtime/records/codec.js';
import type { Message } from '../../../runtime/records/message.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { sinkConsumption } from '../../../runtime/sinks/sink-consumption.js';
import type { ListingImage } from '../../../schemas/events.js';
import type { TopicFamily } from '../../../schemas/topic-family.js';
import type { Sink, SinkRecord } from '../../../sinks/sink.js';
import { fanlightTopology } from '../../../topology/main.js';

/** A family of topics that no sink of the catalogue reads. */
const letters: TopicFamily<ListingImage> = {
  schema: 'listing-image',
  topic: (lane) => `letters.${lane}`,
  idOf: ({ imageId }) => `id of ${imageId}`,
};

const image: ListingImage = {
  ...{ listingId: 'l', imageId: 'i', url: 'https://photos.example/1.jpg' },
  ...{ content: null, pipeline: null, attributes: {} },
};

interface StoreAtStart {
  /** What the sink has to say about its store. */
  readonly warning?: string;
  /** Number of attempts to open the sink that fail. */
  readonly away?: number;
}

async function open(codec: Codec, { warning, away = 0 }: StoreAtStart = {}) {
  const clock = createManualClock();
  let attempts = 0;
  const written: SinkRecord<ListingImage>[] = [];
  const lines: string[] = [];
  const sink: Sink<ListingImage> = {
    name: 'letters',
    batch: { maxRecords: 1, maxDelayMs: 0 },
    async open(warn) {
      attempts += 1;
      if (attempts <= away) throw unavailable('the box', 'cannot be reached');
      if (warning !== undefined) warn?.(warning);
    },
    async write(batch) {
      written.push(...batch);
      return [];
    },
    close: () => Promise.resolve(),
  };
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const services: Partial<WorkerServices> = {
    ...{ codec, clock, metrics: createMetrics(), logger },
    random: () => 1,
  };
  const { lanes } = fanlightTopology('staged');
  const opening = sinkConsumption(sink, letters, lanes, services as WorkerServices);
  for (let failed = 0; failed < away; failed += 1) {
    await setImmediate();
    clock.advance(60_000);
  }
  return { consumption: await opening, written, lines };
}

async function feed(headers: Message['headers']): Promise<readonly SinkRecord<ListingImage>[]> {
  const codec = createMemoryCodec();
  const { consumption, written } = await open(codec);
  expect(consumption.topics).toEqual(['letters.realtime', 'letters.bulk', 'letters.backfill']);
  const value = await codec.encode('listing-image', 'letters.bulk', image);
  const message = { topic: 'letters.bulk', partition: 3, offset: 2n ** 60n, key: null, value, headers, timestamp: 0 };
  const context = { signal: new AbortController().signal, waitUntil: () => undefined };
  expect(await consumption.handler(message, context)).toEqual([]);
  await consumption.afterStop?.();
  return written;
}

describe('the consumption of a sink', () => {
  it('decodes records by the schema that the sink reads', async () => {
    expect(await feed({ ce_id: 'from-header' })).toEqual([
      { id: 'from-header', value: image, topic: 'letters.bulk', partition: 3, offset: '1152921504606846976' },
    ]);
  });

  it('logs what the sink has to say about its store', async () => {
    const { lines } = await open(createMemoryCodec(), { warning: 'The store lacks a lock.' });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 40, stage: 'sink-letters', msg: 'The store lacks a lock.' },
    ]);
  });

  it('waits for a store that is away when it starts', async () => {
    const { lines } = await open(createMemoryCodec(), { away: 2 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 40, stage: 'sink-letters', attempt: 1, msg: 'the box cannot be reached.' },
    ]);
  });

  it('keeps the order of a partition while a record waits for its schema, or fails', async () => {
    const waits = new Map([1n, 2n].map((offset) => [offset, new EventEmitter()]));
    const codec: Codec = {
      ...createMemoryCodec(),
      async decode(_schema, bytes) {
        const offset = BigInt(String(bytes));
        const wait = waits.get(offset);
        if (wait) await once(wait, 'decoded');
        if (offset === 2n) throw new Error('no such schema');
        return image;
      },
    };
    const { consumption, written } = await open(codec);
    const assignment = new AbortController();
    const handle = (partition: number, offset: bigint, { signal } = assignment) => {
      const value = Buffer.from(String(offset));
      const message = { topic: 'letters.bulk', partition, offset, key: null, value, headers: {}, timestamp: 0 };
      return consumption.handler(message, { signal, waitUntil: () => undefined });
    };
    const places = () => written.map(({ partition, offset }) => `${partition}/${offset}`);
    const all = [handle(0, 1n), handle(0, 2n), handle(0, 3n), handle(7, 4n), handle(0, 5n, new AbortController())];
    const settled = Promise.allSettled(all);
    await vi.waitFor(() => expect(places()).toEqual(['7/4', '0/5'])); // other partition, other assignment
    waits.get(2n)?.emit('decoded');
    await setImmediate();
    expect(places()).toEqual(['7/4', '0/5']);
    waits.get(1n)?.emit('decoded');
    expect((await settled).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    ]);
    expect(places()).toEqual(['7/4', '0/5', '0/1', '0/3']);
  });

  it('derives the id of a record without the header ce_id', async () => {
    expect(await feed({})).toMatchObject([{ id: 'id of i' }]);
  });
});
