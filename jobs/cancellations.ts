import type { Job } from '../schemas/jobs.js';
import { topics } from '../schemas/topics.js';
import { followTopics } from '../runtime/kafka/read/topic-follower.js';
import type { WorkerServices } from '../runtime/services.js';

export interface Cancellations {
  /** Returns whether the job was cancelled. */
  has(job: string): boolean;
  close(): Promise<void>;
}

/** Follows the topic `jobs`. Resolves once it has read all cancellations from before the call. */
export async function followCancellations({
  kafka,
  codec,
  clock,
  logger,
  metrics,
}: Pick<WorkerServices, 'kafka' | 'codec' | 'clock' | 'logger' | 'metrics'>): Promise<Cancellations> {
  // An id takes about 100 bytes of memory. The topic keeps jobs for 30 days.
  const cancelled = new Set<string>();
  const follower = await followTopics({
    kafka,
    topics: [topics.jobs],
    from: 'beginning',
    name: 'cancellations',
    clock,
    logger,
    metrics,
    async onMessage({ value, offset }) {
      try {
        const job = (await codec.decode('job', value)) as Job;
        if (job.state === 'cancelled') cancelled.add(job.id);
      } catch (error) {
        logger.warn({ offset: String(offset), error: (error as Error).message }, 'a job record cannot be decoded');
      }
    },
  });
  return { has: (job) => cancelled.has(job), close: () => follower.close() };
}
