import { failedResult, taggedResult, type JobImage } from '../../jobs/job-result.js';
import { asFanlightError, jobCancelled } from '../../schemas/failure.js';
import type { ImageTags, ImageTask, ListingImage } from '../../schemas/events.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import type { JobResult } from '../../schemas/jobs.js';
import type { Codec } from '../codec.js';
import type { Message } from '../message.js';
import { failureOf } from '../outcome.js';

/** What became of an image of a job. */
export interface JobOutcome {
  readonly client: string | null;
  readonly callback: string | null;
  readonly result: JobResult;
}

/** Whether a record of `image-tags.*`, `dead-letters.*` or `cancelled-images.*` tells what became of an image of a job. */
export function isOfJob({ topic, headers: texts }: Message): boolean {
  if (texts[headers.job] === undefined || texts[headers.jobItem] === undefined) return false;
  if (!topic.startsWith('dead-letters.')) return true;
  const stage = texts[errorHeaders.stage];
  return stage !== undefined && !stage.startsWith('sink-'); // a marker of a replay, or an image that was tagged
}

/** Expects a record that `isOfJob`. */
export async function readJobOutcome(message: Message, codec: Codec): Promise<JobOutcome> {
  const { [headers.client]: client = null, [headers.callback]: callback = null } = message.headers;
  return { client, callback, result: await readResult(message, codec) };
}

async function readResult(message: Message, codec: Codec): Promise<JobResult> {
  if (message.topic.startsWith('image-tags.')) {
    const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
    return taggedResult(imageOf(message, tags), tags);
  }
  const failure = message.topic.startsWith('dead-letters.') ? failureOf(message) : jobCancelled();
  return failedResult(imageOf(message, await readImage(message, codec)), failure);
}

function imageOf({ headers: texts }: Message, { listingId, imageId, url }: Pick<ListingImage, 'listingId' | 'imageId' | 'url'>): JobImage {
  return { job: texts[headers.job] ?? '', item: Number(texts[headers.jobItem]), reference: texts[headers.reference] ?? null, listingId, imageId, url };
}

/** A record that can not be decoded is a dead letter for that very reason, and still counts. */
async function readImage({ headers: texts, value, key }: Message, codec: Codec): Promise<Pick<ListingImage, 'listingId' | 'imageId' | 'url'>> {
  try {
    const schema = texts[headers.ceType] === eventTypes.imageTask ? 'image-task' : 'listing-image';
    return (await codec.decode(schema, value)) as ImageTask | ListingImage;
  } catch (thrown) {
    const error = asFanlightError(thrown);
    if (error.kind !== 'permanent') throw error;
    return { listingId: key?.toString() ?? '', imageId: '', url: null };
  }
}
