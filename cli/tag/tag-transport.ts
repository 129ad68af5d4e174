import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { PhotoInput } from './photo-inputs.js';

/** What every way to the stages tells of a tagged photo. */
export type PhotoTags = Omit<ImageTags, 'url' | 'format' | 'eventTime' | 'taggedAt' | 'attributes'>;

/** How a photo ended. */
export type PhotoOutcome =
  | { readonly kind: 'tagged'; readonly tags: PhotoTags }
  | {
      readonly kind: 'failed';
      readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
    };

/** A way to the stages and back: Kafka, or a gateway. */
export interface TagTransport {
  /** The event of a photo, with the image where the stages find it. What it throws is how that photo ends. */
  eventOf(input: PhotoInput): Promise<ListingImage>;
  /** Resolves when the event is on its way. What it throws ends the run: no other event could fare better. */
  send(event: ListingImage): Promise<void>;
  /**
   * Begins to report how events end, by their ids (`listingImageId`); resolves when none can be missed any more. Called
   * once, and
   * before the first event is sent.
   */
  follow(onOutcome: (origin: string, outcome: PhotoOutcome) => void): Promise<{ close(): Promise<void> }>;
}
