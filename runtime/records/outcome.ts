import type { ImageTags } from '../../schemas/events.js';
import { FanlightError, failureKinds, type FailureCode } from '../../schemas/failure.js';
import { errorHeaders, eventTypes, headers } from '../../schemas/headers.js';
import type { Codec } from './codec.js';
import type { Message } from './message.js';
import { originOf } from './origin.js';

/** How one listing-image event ended. */
export type Outcome = {
  /** Epoch milliseconds; undefined for a failure of a later stage, whose record does not say it. */
  readonly enteredAt: number | undefined;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
} & (
  { readonly kind: 'tagged'; readonly tags: ImageTags } | { readonly kind: 'failed'; readonly error: FanlightError }
);

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
