import { z } from 'zod';
import type { ImageTags, Tag } from '../../schemas/events.js';
import type { TagWishes } from '../requests/tag-request.js';

const score = z.number().min(0).max(1);
const milliseconds = z.number().min(0);
const fraction = z.number().describe('Fraction of the width or height of the upright image.');

/** The body of a synchronous answer about one image. */
export const tagAnswerSchema = z.object({
  image: z.string().nullable().describe('The URL of the request; null for an uploaded image.'),
  imageId: z.string(),
  listingId: z.string(),
  pipeline: z.string().describe('Exact version.'),
  roomType: z.object({ name: z.string(), score }).nullable(),
  tags: z
    .array(
      z.object({
        name: z.string(),
        score,
        model: z.string().describe('Exact version.'),
        box: z
          .object({ x: fraction, y: fraction, width: fraction, height: fraction })
          .optional()
          .describe('Position in the photo.'),
        text: z.string().optional().describe('Text in the photo that the tag is about.'),
      }),
    )
    .describe('Tags by descending score.'),
  models: z.array(z.string()).describe('Exact versions of all models that took part.'),
  cached: z
    .array(z.string())
    .describe('The models whose outputs came from the cache of an earlier task on the same file.'),
  timings: z.record(z.string(), z.object({ queueMs: milliseconds, durationMs: milliseconds })).describe('By stage.'),
  width: z.int().describe('Width of the upright image (pixels).'),
  height: z.int().describe('Height of the upright image (pixels).'),
  contentSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the file.'),
});

export type TagAnswer = z.infer<typeof tagAnswerSchema>;

export const tagAnswerExample: TagAnswer = {
  image: 'https://example.com/kitchen.jpg',
  imageId: 'photo-7',
  listingId: 'listing-42',
  pipeline: 'listing-photo@1',
  roomType: { name: 'kitchen', score: 0.97 },
  tags: [{ name: 'stove', score: 0.61, model: 'scene@1' }],
  models: ['moderation@1', 'quality@1', 'room-type@1', 'scene@1'],
  cached: [],
  timings: { fetch: { queueMs: 1.2, durationMs: 8 }, infer: { queueMs: 0, durationMs: 41.5 } },
  width: 1600,
  height: 1067,
  contentSha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

/**
 * @param image the URL of the request, because the URL of the result may be a claim in the image store
 * @param wishes the client's selection of tags
 */
export function tagAnswer(result: ImageTags, image: string | null, { models, thresholds }: TagWishes): TagAnswer {
  const wanted = ({ name, score, model }: Tag) =>
    (models?.includes(model) ?? true) && score >= leastScore(name, thresholds);
  return {
    image,
    imageId: result.imageId,
    listingId: result.listingId,
    pipeline: result.pipeline,
    roomType: models?.some((id) => id.startsWith(roomTypeModel)) === false ? null : result.roomType,
    tags: result.tags.filter(wanted).map(({ name, score, model, box, text }) => ({
      name,
      score,
      model,
      ...(box ? { box } : {}),
      ...(text ? { text } : {}),
    })),
    models: [...result.models],
    cached: [...result.cached],
    timings: result.timings,
    width: result.width,
    height: result.height,
    contentSha256: result.contentSha256,
  };
}

/** Prefix of all versions of the model that determines the room type. */
const roomTypeModel = 'room-type@';

function leastScore(name: string, thresholds: TagWishes['thresholds'] = 0): number {
  if (typeof thresholds === 'number') return thresholds;
  return Object.hasOwn(thresholds, name) ? (thresholds[name] ?? 0) : 0;
}
