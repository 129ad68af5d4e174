import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { createMetrics } from '../../../runtime/metrics.js';
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

async function feed(headers: Message['headers']): Promise<readonly SinkRecord<ListingImage>[]> {
  const written: SinkRecord<ListingImage>[] = [];
  const sink: Sink<ListingImage> = {
    name: 'letters',
    batch: { maxRecords: 1, maxDelayMs: 0 },
    open: () => Promise.resolve(),
    async write(batch) {
      written.push(...batch);
      return [];
    },
    close: () => Promise.resolve(),
  };
  const codec = createMemoryCodec();
  const services: Partial<WorkerServices> = {
    ...{ codec, clock: createManualClock(), metrics: createMetrics(), logger: pino({ level: 'silent' }) },
    random: () => 1,
  };
  const { lanes } = fanlightTopology('staged');
  const consumption = await sinkConsumption(sink, letters, lanes, services as WorkerServices);
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

  it('derives the id of a record without the header ce_id', async () => {
    expect(await feed({})).toMatchObject([{ id: 'id of i' }]);
  });
});
