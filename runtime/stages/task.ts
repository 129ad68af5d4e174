import type { ListingImage, StageTiming } from '../../schemas/events.js';

/** One image on its way through a pipeline, in memory. */
export interface Task {
  readonly event: ListingImage;
  /** Exact version. */
  readonly pipeline: string;
  /** Epoch milliseconds at which the event entered Fanlight. */
  readonly eventTime: number;
  /** Outputs by node name; `event` is not among them. */
  readonly values: ReadonlyMap<string, unknown>;
  /** SHA-256 of the file, lower-case hex; null before it was fetched. */
  readonly content: string | null;
  /** Nodes whose outputs were kept from an earlier task; null before the cache was asked. */
  readonly cached: readonly string[] | null;
  /** Exact versions of the models that answered so far. */
  readonly models: readonly string[];
  /** By stage name. */
  readonly timings: Readonly<Record<string, StageTiming>>;
}
