import type { Clock } from '../primitives/clock.js';
import type { LaneName } from '../schemas/lanes.js';
import type { Tensor } from './values.js';

/**
 * Content-addressed store of image files and of large message parts. Keys are the lower-case hex SHA-256 of the bytes.
 * Throws `store-unavailable` (transient) when the store can not be reached.
 */
export interface ImageStore {
  /** The bytes, or null when nothing is stored under that key. */
  get(sha256: string): Promise<Uint8Array | null>;
  /** Stores once: does nothing when the key exists. */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /** `s3://<bucket>/<key>` of a stored image. */
  urlOf(sha256: string): string;
  /** Bytes behind an `s3://` URL of the image-store bucket (null: nothing there); other buckets throw `invalid-url`. */
  getByUrl(url: string, limitBytes: number): Promise<Uint8Array | null>;
}

/** Fetches http(s) URLs within the bounds of the deployment. Throws the fetch failures of `schemas/failure.ts`. */
export interface UrlFetcher {
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array>;
}

export interface InferenceOptions {
  readonly lane: LaneName;
  /** Epoch milliseconds. */
  readonly deadline: number | undefined;
}

/** Runs models, batching over all callers in the process. */
export interface ModelHost {
  /**
   * Loads and warms the model, once. Throws `unknown-model`, `invalid-card` or `corrupt-weights` (fatal).
   */
  prepare(modelId: string): Promise<void>;
  /** One image through one model; `input` must have the card's shape. Outputs by the names in the card. */
  infer(modelId: string, input: Tensor, options: InferenceOptions): Promise<Readonly<Record<string, Float32Array>>>;
}

/** All that operations may reach outside themselves. */
export interface Ports {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly urls: UrlFetcher;
  readonly models: ModelHost;
}
