import type { JobQueue } from '../../jobs/submission/job-queue.js';
import type { JobStates } from '../../jobs/state/job-states.js';
import type { PartStore } from '../../jobs/results/part-store.js';
import type { StreamBounds } from './stream-bounds.js';

/** Services that the routes of jobs need. */
export interface JobServices {
  readonly queue: JobQueue;
  readonly states: JobStates;
  readonly parts: Pick<PartStore, 'read'>;
  /**
   * Throws `invalid-callback` when this deployment cannot send results to the URI.
   *
   * @param client name of the client; undefined when the gateway needs no API key
   */
  checkCallback(uri: string, client: string | undefined): Promise<void> | void;
  /** Default: `defaultStreamBounds`. */
  readonly streams?: Partial<StreamBounds>;
}
