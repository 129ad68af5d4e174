import type { Clock } from '../primitives/clock.js';
import type { LaneName } from '../schemas/lanes.js';
import type { Tensor } from './values.js';

/**
 * Content-addressed store of image files and of large message parts. Keys are the lower-case hex SHA-256 of the bytes.
 * Throws `store-unavailable` (transient) when the store is unreachable.
 */
export interface ImageStore {
  /** Resolves to the bytes, or to null when the key does not exist. */
  get(sha256: string): Promise<Uint8Array | null>;
  /** Idempotent: does nothing when the key exists. */
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  /** Returns `s3://<bucket>/<key>` of a stored image. */
  urlOf(sha256: string): string;
  /**
   * Reads an `s3://` URL of the image-store bucket; null when the key does not exist. Other buckets throw
   * `invalid-url`.
   */
  getByUrl(url: string, limitBytes: number): Promise<Uint8Array | null>;
}

/** Fetches http(s) URLs within the limits of the deployment. Throws the fetch failures of `schemas/failure.ts`. */
export interface UrlFetcher {
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array>;
}

export interface InferenceOptions {
  readonly lane: LaneName;
  /** Deadline (epoch ms). */
  readonly deadline: number | undefined;
  /** The image of the task. An alias always gives the same image the same version. */
  readonly imageId: string;
  /** Name of the client that sent the image, if known. */
  readonly client: string | undefined;
  /** Returns true when the job was cancelled. Called while the task waits for its batch. */
  cancelled?(): boolean;
  /** Called with the exact version that answered. */
  served(modelId: string): void;
}

/** The parts of a model's card that operations need to read its outputs. */
export interface ModelDescription {
  /** Exact version, such as `scene@1`. */
  readonly id: string;
  /** Class names in output order; empty when the model has no classes. */
  readonly labels: readonly string[];
  /** Constants of the card, such as thresholds. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Class index → tag name, for the classes that become tags. */
  readonly vocabulary: ReadonlyMap<number, string>;
}

/** A model for inference, loaded at its first task. The description of an alias is that of its version at `open`. */
export interface Model extends ModelDescription {
  /**
   * Runs one item through the model, in a batch with other tasks of this process. Inputs and outputs have the names of
   * the card (an image model has one input, `input`). A wrong shape or type rejects with `wrong-tensor`.
   */
  infer(
    inputs: Readonly<Record<string, Tensor>>,
    options: InferenceOptions,
  ): Promise<Readonly<Record<string, Float32Array>>>;
}

/** The models that this process can run. Both methods throw `unknown-model` or `invalid-card` (fatal). */
export interface ModelHost {
  /** @param reference an exact version, or an alias such as `room-type@stable` that is resolved for each task */
  open(reference: string): Promise<Model>;
  /** Reads the card only. For operations that read the model's outputs on workers that do not run the model. */
  describe(modelId: string): Promise<ModelDescription>;
}

/**
 * Cache of operation outputs for later tasks on the same file. Neither call rejects: an unreadable output counts as
 * missing, and an output that cannot be written is computed again.
 */
export interface OutputCache {
  /** @param ids identify everything that the outputs depend on besides the file */
  get(contentSha256: string, ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  put(contentSha256: string, outputs: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

/** The external dependencies of operations. */
export interface Ports {
  readonly clock: Clock;
  readonly images: ImageStore;
  readonly urls: UrlFetcher;
  readonly models: ModelHost;
  /** Absent: nothing is cached. */
  readonly outputs?: OutputCache;
}
