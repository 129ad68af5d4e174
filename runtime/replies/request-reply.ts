import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { ModelInput, ModelOutput } from '../../schemas/models/requests.js';

export interface TagRequestOptions {
  /** Time (epoch ms) after which the client no longer waits for the answer. */
  readonly deadline: number;
  /** W3C trace context of the gateway's own span; later spans continue it. */
  readonly traceparent: string;
  /** Name of the client, for fairness and metrics. */
  readonly client?: string;
  /**
   * The job that the image also belongs to. Workers tag the image even when the client no longer waits. `onSent` is
   * called once the event is durable.
   */
  readonly job?: ImageOfJob;
  /**
   * Aborts when the client has gone, the deadline has passed or the gateway stops waiting. The reply is then ignored.
   */
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

/** Request/reply over the queue for model inference. */
export interface ModelClient {
  /** Whether a request sent now could be answered. */
  readonly ready: () => boolean;
  /** Rejects with `FanlightError`: the dead letter's code, or `deadline-exceeded`. */
  infer(input: ModelInput, options: TagRequestOptions): Promise<ModelOutput>;
}

/** Store for uploads that are too large for a message. Throws `store-unavailable`. */
export interface UploadStore {
  /** Stores the bytes under their SHA-256 (lower-case hex). Idempotent: does nothing when the key exists. */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /** The URL from which the stages read the upload. */
  urlOf(sha256: string): string;
}
