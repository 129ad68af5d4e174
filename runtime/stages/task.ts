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
  /** SHA-256 of the file in lower-case hex; null before the fetch. */
  readonly content: string | null;
  /** Nodes whose outputs came from the cache; null before the first cache lookup. */
  readonly cached: readonly string[] | null;
  /** Exact versions of the models that have answered so far. */
  readonly models: readonly string[];
  /** By stage name. */
  readonly timings: Readonly<Record<string, StageTiming>>;
}
