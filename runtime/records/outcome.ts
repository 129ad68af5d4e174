import type { ImageTags } from '../../schemas/events.js';
import { FanlightError, failureKinds, type FailureCode } from '../../schemas/failure.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import type { Codec } from './codec.js';
import type { Message } from './message.js';
import { originOf } from './origin.js';

/** Outcome of one listing-image event. */
export type Outcome = {
  /** Epoch milliseconds; undefined for a failure of a later stage, whose record does not contain it. */
  readonly enteredAt: number | undefined;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
} & (
  { readonly kind: 'tagged'; readonly tags: ImageTags } | { readonly kind: 'failed'; readonly error: FanlightError }
);

/** Reads the outcome of an event from `image-tags.*` or `dead-letters.*`; undefined for other records. */
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
  // The image was tagged; a sink refused the result.
  if (message.headers[errorHeaders.stage]?.startsWith('sink-')) return undefined;
  // A model request is not an image.
  if (message.headers[headers.ceType] === eventTypes.modelInput) return undefined;
  return {
    origin,
    outcome: {
      kind: 'failed',
      error: recordedFailure(message),
      enteredAt: enteredAtOf(message),
      finishedAt: message.timestamp,
    },
  };
}

/** Time at which the event of a dead letter entered (epoch ms); undefined if the letter does not contain it. */
export function enteredAtOf({ headers: texts }: Message): number | undefined {
  const isEvent = texts[headers.ceType] === eventTypes.listingImage || texts[headers.ceType] === eventTypes.modelInput;
  const at = Number(texts[headers.eventTime] ?? (isEvent ? Date.parse(texts[headers.ceTime] ?? '') : NaN));
  return Number.isFinite(at) ? at : undefined;
}

/** The failure that a dead letter records. */
export function recordedFailure({ headers: texts }: Message): FanlightError {
  const code = texts[errorHeaders.code] ?? '';
  return new FanlightError({
    code: code in failureKinds ? (code as FailureCode) : 'unexpected-error',
    message: texts[errorHeaders.message] ?? 'The image could not be tagged.',
    remedy: texts[errorHeaders.remedy] ?? 'See the dead letter: fanlight dlq show.',
  });
}
