import type { ImageTags, ListingImage } from '../schemas/events.js';
import type { ModelInput, ModelOutput } from '../schemas/model-requests.js';

export interface TagRequestOptions {
  /** Epoch milliseconds after which no one waits for the answer. */
  readonly deadline: number;
  /** W3C trace context of the gateway's own span; what follows continues it. */
  readonly traceparent: string;
  /** Who asks, for fairness and metrics. */
  readonly client?: string;
  /**
   * The job that the image belongs to as well: it is tagged also when nobody waits any more, and `onSent` is called
   * once it cannot be lost.
   */
  readonly job?: ImageOfJob;
  /** Aborts when the client has gone, the deadline has passed or the gateway stops waiting: forget the reply. */
  readonly signal: AbortSignal;
}

export interface ImageOfJob {
  readonly id: string;
  readonly item: number;
  onSent(): void;
}

/** Request/reply over the realtime topics. */
export interface Tagger {
  /** Whether a request sent now could be answered. */
  readonly ready: () => boolean;
  /** Rejects with `FanlightError`: the dead letter's code, or `deadline-exceeded`. */
  tag(image: ListingImage, options: TagRequestOptions): Promise<ImageTags>;
}

/** Request/reply over the queue of the models. */
export interface ModelClient {
  /** Whether a request sent now could be answered. */
  readonly ready: () => boolean;
  /** Rejects with `FanlightError`: the dead letter's code, or `deadline-exceeded`. */
  infer(input: ModelInput, options: TagRequestOptions): Promise<ModelOutput>;
}

/** Where uploads go that are too large for a message. Throws `store-unavailable`. */
export interface UploadStore {
  /** Stores once: does nothing when the key (lower-case hex SHA-256 of the bytes) exists. */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /** The URL by which the stages find it. */
  urlOf(sha256: string): string;
}
