import type { PhotoResult } from './tag-run.js';
import type { PhotoTags } from './tag-transport.js';

/** Returns the time of each stage (ms): queue time plus processing time, rounded to tenths. */
export function stageMillis(tags: PhotoTags): Record<string, number> {
  const millis = Object.entries(tags.timings).map(
    ([stage, { queueMs, durationMs }]) => [stage, Math.round(10 * (queueMs + durationMs)) / 10] as const,
  );
  return Object.fromEntries(millis);
}

/** Returns the object that `fanlight tag --json` prints for a photo. */
export function photoObject({ input: { image, imageId }, outcome }: PhotoResult) {
  if (outcome.kind === 'failed') {
    const { code, message, remedy } = outcome.error;
    return { image, imageId, error: { code, message, remedy } };
  }
  const { roomType, tags, models, cached } = outcome.tags;
  return {
    image,
    imageId,
    roomType,
    tags: tags.map(({ name, score, model, box, text }) => ({
      name,
      score,
      model,
      ...(box ? { box } : {}),
      ...(text ? { text } : {}),
    })),
    models,
    cached,
    timings: stageMillis(outcome.tags),
  };
}
