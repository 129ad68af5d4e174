import { failedResult, taggedResult, type JobImage } from './job-result.js';
import { asFanlightError, jobCancelled, type FanlightError } from '../../schemas/failure.js';
import type { ImageTags, ImageTask, ListingImage } from '../../schemas/events.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import { isJobId, type JobResult } from '../../schemas/jobs.js';
import type { Codec } from '../../runtime/records/codec.js';
import type { Message } from '../../runtime/records/message.js';
import { failureOf } from '../../runtime/records/outcome.js';

/** What became of an image of a job. */
export interface JobOutcome {
  readonly client: string | null;
  readonly callback: string | null;
  readonly result: JobResult;
}

/**
 * Whether a record of `image-tags.*`, `dead-letters.*` or `cancelled-images.*` tells what became of an image of a job.
 * Headers are
 * carried over from whoever produced the event: what names no job stops the results of none.
 */
export function isOfJob({ topic, headers: texts }: Message): boolean {
  // Nine digits: positions are bits of a bitmap in Redis, which has an end.
  if (!isJobId(texts[headers.job] ?? '') || !/^\d{1,9}$/.test(texts[headers.jobItem] ?? '')) return false;
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
  if (!message.topic.startsWith('image-tags.')) {
    const failure = message.topic.startsWith('dead-letters.') ? failureOf(message) : jobCancelled();
    return failedResult(imageOf(message, await readImage(message, codec)), failure);
  }
  try {
    const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
    return taggedResult(imageOf(message, tags), tags);
  } catch (thrown) {
    return failedResult(imageOf(message, unnamed(message)), unreadable(thrown));
  }
}

type ImageNames = Pick<ListingImage, 'listingId' | 'imageId' | 'url'>;

function imageOf({ headers: texts }: Message, { listingId, imageId, url }: ImageNames): JobImage {
  return {
    job: texts[headers.job] ?? '',
    item: Number(texts[headers.jobItem]),
    reference: texts[headers.reference] ?? null,
    listingId,
    imageId,
    url,
  };
}

async function readImage(message: Message, codec: Codec): Promise<ImageNames> {
  const schema = message.headers[headers.ceType] === eventTypes.imageTask ? 'image-task' : 'listing-image';
  try {
    return (await codec.decode(schema, message.value)) as ImageTask | ListingImage;
  } catch (thrown) {
    unreadable(thrown);
    return unnamed(message);
  }
}

/** Why a record cannot be read: it still counts, and holds up no other. Throws what may pass. */
function unreadable(thrown: unknown): FanlightError {
  const error = asFanlightError(thrown);
  if (error.kind !== 'permanent') throw error;
  return error;
}

function unnamed({ key }: Message): ImageNames {
  return { listingId: key?.toString() ?? '', imageId: '', url: null };
}
