import type { Job } from '../../schemas/jobs.js';

/** Fields of a job that do not change after its creation. */
export type JobTerms = Pick<Job, 'id' | 'client' | 'pipeline' | 'lane' | 'callback'>;

/**
 * Returns the record of a job that has no images yet.
 *
 * @param now epoch milliseconds
 */
export function createJob({ id, client, pipeline, lane, callback }: JobTerms, now: number): Job {
  return { id, client, pipeline, lane, callback, state: 'accepting', images: 0, createdAt: now, updatedAt: now };
}
