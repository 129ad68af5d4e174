import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { PhotoInput } from './photo-inputs.js';

/** Fields of a result that every transport reports. */
export type PhotoTags = Omit<ImageTags, 'url' | 'format' | 'eventTime' | 'taggedAt' | 'attributes'>;

export type PhotoOutcome =
  | { readonly kind: 'tagged'; readonly tags: PhotoTags }
  | {
      readonly kind: 'failed';
      readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
    };

/** Sends photos to the stages and returns their outcomes: through Kafka, or through a gateway. */
export interface TagTransport {
  /** Creates the event of a photo, after the image is where the stages find it. An error fails this photo. */
  eventOf(input: PhotoInput): Promise<ListingImage>;
  /** Resolves when the event is on its way. An error ends the run, because every other event would fail as well. */
  send(event: ListingImage): Promise<void>;
  /**
   * Starts to report the outcomes of events, by their ids (`listingImageId`). Resolves once no outcome can be missed.
   * Called once, before the first event is sent.
   */
  follow(onOutcome: (origin: string, outcome: PhotoOutcome) => void): Promise<{ close(): Promise<void> }>;
}
