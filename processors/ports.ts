import type { Clock } from '../primitives/clock.js';
import type { LaneName } from '../schemas/lanes.js';
import type { Tensor } from './values.js';

/**
 * Content-addressed store of image files and of large message parts. Keys are the lower-case hex SHA-256 of the bytes.
 * Throws `store-unavailable` (transient) when the store cannot be reached.
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
  /** Whose task it is: an alias gives the same image the same version again. */
  readonly imageId: string;
  /** Who sent the image, where that is known. */
  readonly client: string | undefined;
  /** Whether nobody wants the answer any more; asked while the image waits for its batch. */
  cancelled?(): boolean;
  /** Told the exact version that answered. */
  served(modelId: string): void;
}

/** What a model's card says to operations that read its outputs. */
export interface ModelDescription {
  /** Exact version, such as `scene@1`. */
  readonly id: string;
  /** Class names in output order; empty when the model has no classes. */
  readonly labels: readonly string[];
  /** Constants of the card, such as thresholds. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Class index → tag name, for the classes that are worth a tag. */
  readonly vocabulary: ReadonlyMap<number, string>;
}

/**
 * A model that answers; it is loaded at the first task. The description of an alias is that of its version at `open`.
 */
export interface Model extends ModelDescription {
  /**
   * One item through the model, in a batch with whatever else the process has for it. Inputs and outputs by the names
   * in the card (an image model has the one input `input`); a wrong shape or type rejects with `wrong-tensor`.
   */
  infer(
    inputs: Readonly<Record<string, Tensor>>,
    options: InferenceOptions,
  ): Promise<Readonly<Record<string, Float32Array>>>;
}

/** The models that this process can run. Both throw `unknown-model` or `invalid-card` (fatal). */
export interface ModelHost {
  /** @param reference an exact version, or an alias such as `room-type@stable` that is followed at each task */
  open(reference: string): Promise<Model>;
  /** Reads the card only: for operations that use the model's outputs and run where the model does not. */
  describe(modelId: string): Promise<ModelDescription>;
}

/**
 * Outputs of operations, kept between tasks on the same file. Neither call rejects: what cannot be read is missing,
 * and
 * what cannot be written is run again.
 */
export interface OutputCache {
  /** @param ids of what the outputs depend on besides the file */
  get(contentSha256: string, ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  put(contentSha256: string, outputs: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

/** All that operations may reach outside themselves. */
export interface Ports {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly urls: UrlFetcher;
  readonly models: ModelHost;
  /** Absent: nothing is kept. */
  readonly outputs?: OutputCache;
}
