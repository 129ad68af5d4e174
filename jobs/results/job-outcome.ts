import { failedResult, itemDigits, taggedResult, type JobItem } from './job-result.js';
import { asFanlightError, jobCancelled, type FanlightError } from '../../schemas/failure.js';
import type { ImageTags, ImageTask, ListingImage } from '../../schemas/events.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import { isJobId, type JobResult } from '../../schemas/jobs.js';
import type { Codec } from '../../runtime/records/codec.js';
import type { Message } from '../../runtime/records/message.js';
import { recordedFailure } from '../../runtime/records/outcome.js';

/** The result of one image, with the destination of the job's results. */
export interface JobOutcome {
  readonly client: string | null;
  readonly callback: string | null;
  readonly result: JobResult;
}

const itemPattern = new RegExp(`^\\d{1,${itemDigits}}$`);

/**
 * Returns whether a record of `image-tags.*`, `dead-letters.*` or `cancelled-images.*` holds the outcome of an image of
 * a job. The producer of the event chose the headers, so a record with invalid headers is ignored and blocks no job.
 */
export function isOfJob({ topic, headers: texts }: Message): boolean {
  if (!isJobId(texts[headers.job] ?? '') || !itemPattern.test(texts[headers.jobItem] ?? '')) return false;
  if (!topic.startsWith('dead-letters.')) return true;
  const stage = texts[errorHeaders.stage];
  // A replay marker has no stage. A dead letter of a sink is about an image that was tagged.
  return stage !== undefined && !stage.startsWith('sink-');
}

/** @param message a record for which `isOfJob` is true */
export async function readJobOutcome(message: Message, codec: Codec): Promise<JobOutcome> {
  const { [headers.client]: client = null, [headers.callback]: callback = null } = message.headers;
  return { client, callback, result: await readResult(message, codec) };
}

async function readResult(message: Message, codec: Codec): Promise<JobResult> {
  if (!message.topic.startsWith('image-tags.')) {
    const failure = message.topic.startsWith('dead-letters.') ? recordedFailure(message) : jobCancelled();
    return failedResult(imageOf(message, await readImage(message, codec)), failure);
  }
  try {
    const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
    return taggedResult(imageOf(message, tags), tags);
  } catch (thrown) {
    return failedResult(imageOf(message, unnamed(message)), requirePermanent(thrown));
  }
}

type ImageNames = Pick<ListingImage, 'listingId' | 'imageId' | 'url'>;

function imageOf({ headers: texts }: Message, { listingId, imageId, url }: ImageNames): JobItem {
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
    requirePermanent(thrown);
    return unnamed(message);
  }
}

/**
 * Returns the failure of a record that can never be decoded. The record then counts as failed, so that it does not
 * block the partition. Throws any other failure.
 */
function requirePermanent(thrown: unknown): FanlightError {
  const error = asFanlightError(thrown);
  if (error.kind !== 'permanent') throw error;
  return error;
}

/** Returns the names of an image whose record cannot be decoded. */
function unnamed({ key }: Message): ImageNames {
  return { listingId: key?.toString() ?? '', imageId: '', url: null };
}
