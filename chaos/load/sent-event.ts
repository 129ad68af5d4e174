import type { ListingImage } from '../../schemas/events.js';
import { imageTagsId, listingImageId } from '../../schemas/ids.js';

/** Pipeline of all events: one model, whose outputs are cached. */
export const pipeline = 'moderation-only@1';

/** How the processing of an event has to end. */
export type Expected =
  | { readonly kind: 'result'; /** `ce_id` of the result. */ readonly id: string }
  | { readonly kind: 'dead-letter'; readonly code: string };

/** An event, or an image of a job, with its only right outcome. */
export interface SentEvent {
  /** `ce_id` of the event. Results and dead letters name it as their origin. */
  readonly id: string;
  readonly event: ListingImage;
  readonly expected: Expected;
}

/** @param expected content of the photo (SHA-256), or the code of the dead letter */
export function sentEvent(
  event: ListingImage,
  expected: { readonly sha256: string } | { readonly code: string },
): SentEvent {
  return {
    id: listingImageId(event),
    event,
    expected:
      'code' in expected
        ? { kind: 'dead-letter', code: expected.code }
        : { kind: 'result', id: imageTagsId({ imageId: event.imageId, contentSha256: expected.sha256, pipeline }) },
  };
}
