import type { ImageTags, ListingImage } from '../schemas/events.js';
import { FanlightError, failureKinds, type FailureCode } from '../schemas/failure.js';
import { errorHeaders, eventTypes, headers } from '../schemas/headers.js';
import { listingImageId } from '../schemas/ids.js';
import type { LaneName } from '../schemas/lanes.js';
import { topics } from '../schemas/topics.js';
import type { Codec } from './codec.js';
import type { Message, OutgoingMessage } from './message.js';
import { originOf } from './stage-handler.js';

/** How one listing-image event ended. */
export type Outcome =
  | { readonly kind: 'tagged'; readonly tags: ImageTags; readonly finishedAt: number }
  | { readonly kind: 'failed'; readonly error: FanlightError; readonly finishedAt: number };

/** The record of a listing-image event for a lane, with its CloudEvents headers. */
export async function listingImageMessage(
  event: ListingImage,
  options: { lane: LaneName; codec: Codec; now: number; source: string; traceparent: string; deadline?: number; client?: string },
): Promise<OutgoingMessage> {
  const topic = topics.listingImages(options.lane);
  return {
    topic,
    key: Buffer.from(event.listingId),
    value: await options.codec.encode('listing-image', topic, { ...event, content: event.content && Buffer.from(event.content) }),
    headers: {
      [headers.ceSpecVersion]: '1.0',
      [headers.ceId]: listingImageId(event),
      [headers.ceType]: eventTypes.listingImage,
      [headers.ceSource]: options.source,
      [headers.ceTime]: new Date(options.now).toISOString(),
      [headers.contentType]: 'application/avro',
      [headers.traceparent]: options.traceparent,
      ...(options.deadline === undefined ? {} : { [headers.deadline]: String(options.deadline) }),
      ...(options.client === undefined ? {} : { [headers.client]: options.client }),
    },
  };
}

/** Reads how an event ended from a record of `image-tags.*` or `dead-letters.*`; undefined for other dead letters. */
export async function readOutcome(message: Message, codec: Codec): Promise<{ origin: string; outcome: Outcome } | undefined> {
  const origin = originOf(message);
  const code = message.headers[errorHeaders.code];
  if (code === undefined) {
    if (!message.topic.startsWith('image-tags.')) return undefined;
    const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
    return { origin, outcome: { kind: 'tagged', tags, finishedAt: message.timestamp } };
  }
  if (message.headers[errorHeaders.stage]?.startsWith('sink-')) return undefined; // the image itself was tagged
  const error = new FanlightError({
    code: code in failureKinds ? (code as FailureCode) : 'unexpected-error',
    message: message.headers[errorHeaders.message] ?? 'The image could not be tagged.',
    remedy: message.headers[errorHeaders.remedy] ?? 'See the dead letter: fanlight dlq show.',
  });
  return { origin, outcome: { kind: 'failed', error, finishedAt: message.timestamp } };
}
