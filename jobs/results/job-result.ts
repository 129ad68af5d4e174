import type { ImageTags } from '../../schemas/events.js';
import type { FanlightError } from '../../schemas/failure.js';
import type { JobResult } from '../../schemas/jobs.js';
import { deriveId } from '../../schemas/ids.js';

/**
 * Most digits of a position in a job. Positions are bits of a bitmap in Redis, whose size has an upper bound.
 */
export const itemDigits = 9;

/** The image of a job that a result belongs to. */
export type JobItem = Pick<JobResult, 'job' | 'item' | 'reference' | 'listingId' | 'imageId' | 'url'>;

/** Returns the id of a result. It is stable across repeated deliveries. */
export function jobResultId(job: string, item: number): string {
  return deriveId(job, String(item));
}

export function taggedResult(image: JobItem, tags: ImageTags): JobResult {
  const { pipeline, contentSha256, width, height, roomType, models, cached, taggedAt } = tags;
  return {
    id: jobResultId(image.job, image.item),
    ...image,
    result: { pipeline, contentSha256, width, height, roomType, tags: tags.tags, models, cached, taggedAt },
    problem: null,
  };
}

export function failedResult(image: JobItem, { code, message, remedy }: FanlightError): JobResult {
  return { id: jobResultId(image.job, image.item), ...image, result: null, problem: { code, detail: message, remedy } };
}
