import type { PhotoResult } from './tag-run.js';
import type { PhotoTags } from './tag-transport.js';

/** Milliseconds of each stage: time in its queue and at work. Rounded to tenths. */
export function stageMillis(tags: PhotoTags): Record<string, number> {
  const millis = Object.entries(tags.timings).map(
    ([stage, { queueMs, durationMs }]) => [stage, Math.round(10 * (queueMs + durationMs)) / 10] as const,
  );
  return Object.fromEntries(millis);
}

/** One photo for a program: the object that `fanlight tag --json` prints a line. */
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
