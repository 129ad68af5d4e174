import type { JobQueue } from '../../jobs/submission/job-queue.js';
import type { JobStates } from '../../jobs/state/job-states.js';
import type { PartStore } from '../../jobs/results/part-store.js';
import type { StreamBounds } from './stream-bounds.js';

/** What the routes of jobs need. */
export interface JobServices {
  readonly queue: JobQueue;
  readonly states: JobStates;
  readonly parts: Pick<PartStore, 'read'>;
  /**
   * Throws `invalid-callback` when results cannot be sent there.
   *
   * @param client name of who asks; undefined where no key was asked for
   */
  checkCallback(uri: string, client: string | undefined): Promise<void> | void;
  /** Default: `defaultStreamBounds`. */
  readonly streams?: Partial<StreamBounds>;
}
