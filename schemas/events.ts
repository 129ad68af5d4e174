/** TypeScript types of the Avro records in this folder. A test checks that both agree. */

export type Attributes = Readonly<Record<string, string>>;

/** `listing-image.avsc`: the record that producers write to `listing-images.<lane>`. */
export interface ListingImage {
  readonly listingId: string;
  readonly imageId: string;
  /** http(s) URL or `s3://<image store bucket>/<key>`; null only when `content` is given. */
  readonly url: string | null;
  /** The image file itself, at most 1 MiB. */
  readonly content: Uint8Array | null;
  /** Pipeline version such as `listing-photo@1`; null: the default of the deployment. */
  readonly pipeline: string | null;
  readonly attributes: Attributes;
}

/** Durations (ms). `durationMs` includes the batching delay. */
export interface StageTiming {
  readonly queueMs: number;
  readonly durationMs: number;
}

export interface ValuePart {
  readonly inline: Uint8Array | null;
  /** SHA-256 (lower-case hex), the key in the image store. */
  readonly claim: string | null;
}

export interface Value {
  readonly json: string;
  readonly parts: readonly ValuePart[];
}

/** `image-task.avsc`: one image between two stages. */
export interface ImageTask {
  readonly listingId: string;
  readonly imageId: string;
  readonly url: string | null;
  readonly pipeline: string;
  readonly attributes: Attributes;
  /** Epoch milliseconds. */
  readonly eventTime: number;
  /** SHA-256 of the file, lower-case hex; null until it is fetched. */
  readonly content: string | null;
  /** Nodes whose outputs came from the cache of an earlier task; null until the cache lookup. */
  readonly cached: readonly string[] | null;
  /** Exact versions of the models that have answered so far. */
  readonly models: readonly string[];
  readonly values: Readonly<Record<string, Value>>;
  readonly timings: Readonly<Record<string, StageTiming>>;
}

export interface RoomType {
  readonly name: string;
  /** 0..1 */
  readonly score: number;
}

/** Fractions of the upright photo's width and height. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Tag {
  readonly name: string;
  /** 0..1 */
  readonly score: number;
  /** Exact model version, such as `scene@1`. */
  readonly model: string;
  readonly box: Box | null;
  /** Text that the tag refers to, as it appears in the photo. Absent or null for other tags. */
  readonly text?: string | null;
}

/** `image-tags.avsc`: the tag result, on `image-tags.<lane>`. */
export interface ImageTags {
  readonly listingId: string;
  readonly imageId: string;
  readonly url: string | null;
  readonly pipeline: string;
  /** Lower-case hex. */
  readonly contentSha256: string;
  readonly format: string;
  /** Pixels, upright. */
  readonly width: number;
  /** Pixels, upright. */
  readonly height: number;
  readonly roomType: RoomType | null;
  readonly tags: readonly Tag[];
  readonly models: readonly string[];
  /** The subset of `models` whose outputs came from the cache of an earlier task on the same file. */
  readonly cached: readonly string[];
  readonly timings: Readonly<Record<string, StageTiming>>;
  /** Epoch milliseconds. */
  readonly eventTime: number;
  /** Epoch milliseconds. */
  readonly taggedAt: number;
  readonly attributes: Attributes;
}
