import type { ImageTags } from '../../schemas/events.js';
import type { FanlightError } from '../../schemas/failure.js';
import type { JobResult } from '../../schemas/jobs.js';
import { deriveId } from '../../schemas/ids.js';

/** Which image of which job. */
export type JobImage = Pick<JobResult, 'job' | 'item' | 'reference' | 'listingId' | 'imageId' | 'url'>;

/** The same for the same image of the same job. */
export function jobResultId(job: string, item: number): string {
  return deriveId(job, String(item));
}

export function taggedResult(image: JobImage, tags: ImageTags): JobResult {
  const { pipeline, contentSha256, width, height, roomType, models, cached, taggedAt } = tags;
  return {
    id: jobResultId(image.job, image.item),
    ...image,
    result: { pipeline, contentSha256, width, height, roomType, tags: tags.tags, models, cached, taggedAt },
    problem: null,
  };
}

export function failedResult(image: JobImage, { code, message, remedy }: FanlightError): JobResult {
  return { id: jobResultId(image.job, image.item), ...image, result: null, problem: { code, detail: message, remedy } };
}
