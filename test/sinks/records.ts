import type { ImageTags, Tag } from '../../schemas/events.js';
import type { TagRecord } from '../../sinks/sink.js';

/** 2026-01-01T00:00:00Z. */
export const startOfTime = 1_767_225_600_000;

const scenes = [
  'dining table, board',
  'microwave, microwave oven',
  'refrigerator, icebox',
  'stove',
  'dishwasher, dish washer, dishwashing machine',
  'washbasin, handbasin, washbowl, lavabo, wash-hand basin',
  'studio couch, day bed',
  'sliding door',
  'window shade',
  'patio, terrace',
  'swimming pool',
  'fireplace',
];
const rooms = ['kitchen', 'bathroom', 'bedroom', 'living room', 'exterior'];

/**
 * Returns the n-th result of a fictitious listing site: twelve tags of three models, one with a box, in sizes of real
 * photos.
 */
export function imageTags(n: number, changes: Partial<ImageTags> = {}): ImageTags {
  const room = rooms[n % rooms.length] as string;
  const sceneTags: Tag[] = scenes.slice(0, 10).map((name, rank) => ({
    name: scenes[(n + rank) % scenes.length] ?? name,
    score: 0.97 / (rank + 1 + (n % 7) / 10),
    model: 'scene@1',
    box: null,
  }));
  const roomTags: Tag[] = [
    { name: room, score: 0.9132, model: 'room-type@1', box: null },
    { name: 'watermark', score: 0.61, model: 'quality@1', box: { x: 0.1, y: 0.2, width: 0.3, height: 0.05 } },
  ];
  return {
    listingId: `listing-${Math.floor(n / 8)}`,
    imageId: `image-${n}`,
    url: `https://photos.example.com/listings/${Math.floor(n / 8)}/${n}.jpg`,
    pipeline: 'listing-photo@1',
    contentSha256: n.toString(16).padStart(64, '0'),
    format: 'jpeg',
    width: 1024,
    height: 768,
    roomType: { name: room, score: 0.9132 },
    tags: [...roomTags, ...sceneTags],
    models: ['quality@1', 'room-type@1', 'scene@1'],
    cached: [],
    timings: {
      fetch: { queueMs: 3.25, durationMs: 41.5 },
      preprocess: { queueMs: 5.125, durationMs: 9.75 },
      infer: { queueMs: 7.5, durationMs: 88.25 },
      compose: { queueMs: 1, durationMs: 0.5 },
    },
    eventTime: startOfTime + n,
    taggedAt: startOfTime + n + 160,
    attributes: { agent: 'example' },
    ...changes,
  };
}

/** Returns the n-th record of partition 0. The offset of a record is its number. */
export function tagRecord(n: number, changes: Partial<ImageTags> = {}, place: Partial<TagRecord> = {}): TagRecord {
  const value = imageTags(n, changes);
  const id = `${value.imageId}:${value.contentSha256.slice(0, 8)}:${value.pipeline}`;
  return { id, value, topic: 'image-tags.bulk', partition: 0, offset: String(n), ...place };
}
