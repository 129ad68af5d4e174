import type { ListingImage, StageTiming } from '../schemas/events.js';

/** One image on its way through a pipeline, in memory. */
export interface Task {
  readonly event: ListingImage;
  /** Exact version. */
  readonly pipeline: string;
  /** Epoch milliseconds at which the event entered Fanlight. */
  readonly eventTime: number;
  /** Outputs by node name; `event` is not among them. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Exact versions of the models that answered so far. */
  readonly models: readonly string[];
  /** By stage name. */
  readonly timings: Readonly<Record<string, StageTiming>>;
}
