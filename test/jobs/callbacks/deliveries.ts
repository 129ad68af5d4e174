import type { FinishedDelivery, ResultsDelivery } from '../../../jobs/callbacks/callback.js';
import { deriveId } from '../../../schemas/ids.js';
import type { JobResult } from '../../../schemas/jobs.js';

export const at = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Returns the result at a position of a job. Every seventh image has a problem. */
export function jobResult(job: string, item: number, note = ''): JobResult {
  const image = {
    id: deriveId(job, String(item)),
    job,
    item,
    reference: `ref-${item}${note}`,
    listingId: `listing-${item % 5}`,
    imageId: `image-${item}`,
    url: null,
  };
  if (item % 7 === 6)
    return { ...image, result: null, problem: { code: 'not-found', detail: 'It is not there.', remedy: 'Look.' } };
  const tags = [{ name: 'stove', score: 0.75, model: 'scene@1', box: null }];
  return {
    ...image,
    result: {
      pipeline: 'listing-photo@1',
      contentSha256: 'ab'.repeat(32),
      width: 4,
      height: 3,
      roomType: null,
      tags,
      models: ['scene@1'],
      cached: [],
      taggedAt: at,
    },
    problem: null,
  };
}

/** Returns the results of a job at the positions `from` (inclusive) to `to` (exclusive). */
export function partOf(job: string, from: number, to: number, note = ''): ResultsDelivery {
  const results = Array.from({ length: to - from }, (_, index) => jobResult(job, from + index, note));
  const key = `jobs/${job}/${from}.ndjson`;
  return {
    kind: 'results',
    id: deriveId(job, key),
    job,
    client: 'shop',
    at,
    part: { key, items: results.map(({ item }) => item), failed: {} },
    results,
  };
}

export function endOf(job: string, images: number): FinishedDelivery {
  return {
    kind: 'finished',
    id: deriveId(job, 'summary'),
    job,
    client: 'shop',
    at,
    summary: { images, tagged: images - 1, failed: 1, cancelled: 0 },
  };
}
