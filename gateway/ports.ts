import type { ImageTags, ListingImage } from '../schemas/events.js';

export interface TagRequestOptions {
  /** Epoch milliseconds after which no one waits for the answer. */
  readonly deadline: number;
  /** W3C trace context of the gateway's own span; what follows continues it. */
  readonly traceparent: string;
  /** Who asks, for fairness and metrics. */
  readonly client?: string;
  /** Aborts when the client has gone, the deadline has passed or the gateway stops waiting: forget the reply. */
  readonly signal: AbortSignal;
}

/** Request/reply over the realtime topics. */
export interface Tagger {
  /** Whether a request sent now could be answered. */
  readonly ready: () => boolean;
  /** Rejects with `FanlightError`: the dead letter's code, or `deadline-exceeded`. */
  tag(image: ListingImage, options: TagRequestOptions): Promise<ImageTags>;
}

/** Where uploads go that are too large for a message. Throws `store-unavailable`. */
export interface UploadStore {
  /** Stores once: does nothing when the key (lower-case hex SHA-256 of the bytes) exists. */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /** The URL by which the stages find it. */
  urlOf(sha256: string): string;
}
