import type { ImageTags, ListingImage } from '../../schemas/events.js';
import { FanlightError, failureKinds, type FailureCode } from '../../schemas/failure.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import { listingImageId } from '../../schemas/ids.js';
import type { LaneName } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import type { Codec } from './codec.js';
import { eventHeaders } from './event-headers.js';
import type { Message, OutgoingMessage } from './message.js';
import { originOf } from '../stages/stage-handler.js';

/** How one listing-image event ended. */
export type Outcome = {
  /** Epoch milliseconds; undefined for a failure of a later stage, whose record does not say it. */
  readonly enteredAt: number | undefined;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
} & (
  { readonly kind: 'tagged'; readonly tags: ImageTags } | { readonly kind: 'failed'; readonly error: FanlightError }
);

export interface ListingImageOptions {
  readonly lane: LaneName;
  readonly codec: Codec;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly source: string;
  readonly traceparent: string;
  /** Epoch milliseconds. */
  readonly deadline?: number;
  readonly client?: string;
  readonly job?: {
    readonly id: string;
    readonly item: number;
    readonly reference: string | null;
    readonly callback: string | null;
  };
}

/** The record of a listing-image event for a lane, with its CloudEvents headers. */
export async function listingImageMessage(event: ListingImage, options: ListingImageOptions): Promise<OutgoingMessage> {
  const topic = topics.listingImages(options.lane);
  return {
    topic,
    key: Buffer.from(event.listingId),
    value: await options.codec.encode('listing-image', topic, {
      ...event,
      content: event.content && Buffer.from(event.content),
    }),
    headers: {
      ...eventHeaders({ id: listingImageId(event), type: eventTypes.listingImage, ...options }),
      ...(options.deadline === undefined ? {} : { [headers.deadline]: String(options.deadline) }),
      ...(options.client === undefined ? {} : { [headers.client]: options.client }),
      ...(options.job === undefined ? {} : jobHeaders(options.job)),
    },
  };
}

function jobHeaders({
  id,
  item,
  reference,
  callback,
}: NonNullable<ListingImageOptions['job']>): Record<string, string> {
  return {
    [headers.job]: id,
    [headers.jobItem]: String(item),
    ...(reference === null ? {} : { [headers.reference]: reference }),
    ...(callback === null ? {} : { [headers.callback]: callback }),
  };
}

/** Reads how an event ended from a record of `image-tags.*` or `dead-letters.*`; undefined for other dead letters. */
export async function readOutcome(
  message: Message,
  codec: Codec,
): Promise<{ origin: string; outcome: Outcome } | undefined> {
  const origin = originOf(message);
  const code = message.headers[errorHeaders.code];
  if (code === undefined) {
    if (!message.topic.startsWith('image-tags.')) return undefined;
    const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
    return { origin, outcome: { kind: 'tagged', tags, enteredAt: tags.eventTime, finishedAt: message.timestamp } };
  }
  if (message.headers[errorHeaders.stage]?.startsWith('sink-')) return undefined; // the image itself was tagged
  if (message.headers[headers.ceType] === eventTypes.modelInput) return undefined; // never an image
  return {
    origin,
    outcome: {
      kind: 'failed',
      error: failureOf(message),
      enteredAt: enteredAtOf(message),
      finishedAt: message.timestamp,
    },
  };
}

/** When the event of a dead letter entered, epoch milliseconds, if the letter is that event and says it. */
export function enteredAtOf({ headers: texts }: Message): number | undefined {
  const isEvent = texts[headers.ceType] === eventTypes.listingImage || texts[headers.ceType] === eventTypes.modelInput;
  const at = Number(texts[headers.eventTime] ?? (isEvent ? Date.parse(texts[headers.ceTime] ?? '') : NaN));
  return Number.isFinite(at) ? at : undefined;
}

/** Why a dead letter is one. */
export function failureOf({ headers: texts }: Message): FanlightError {
  const code = texts[errorHeaders.code] ?? '';
  return new FanlightError({
    code: code in failureKinds ? (code as FailureCode) : 'unexpected-error',
    message: texts[errorHeaders.message] ?? 'The image could not be tagged.',
    remedy: texts[errorHeaders.remedy] ?? 'See the dead letter: fanlight dlq show.',
  });
}
