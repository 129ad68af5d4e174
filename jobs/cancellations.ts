import type { Kafka } from '../runtime/kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../primitives/clock.js';
import type { Job } from '../schemas/jobs.js';
import { topics } from '../schemas/topics.js';
import type { Codec } from '../runtime/records/codec.js';
import { followTopics } from '../runtime/kafka/read/follow-topics.js';

export interface Cancellations {
  has(job: string): boolean;
  close(): Promise<void>;
}

/** Knows the cancelled jobs, from the topic `jobs`. Resolves when it knows all that were cancelled before the call. */
export async function followCancellations({
  kafka,
  codec,
  clock,
  logger,
}: {
  kafka: Kafka;
  codec: Codec;
  clock: Clock;
  logger: Logger;
}): Promise<Cancellations> {
  // An id is about 100 bytes here, and the topic forgets jobs after 30 days.
  const cancelled = new Set<string>();
  const follower = await followTopics({
    kafka,
    topics: [topics.jobs],
    from: 'beginning',
    name: 'cancellations',
    clock,
    async onMessage({ value, offset }) {
      try {
        const job = (await codec.decode('job', value)) as Job;
        if (job.state === 'cancelled') cancelled.add(job.id);
      } catch (error) {
        logger.warn({ offset: String(offset), error: (error as Error).message }, 'a record of a job could not be read');
      }
    },
  });
  return { has: (job) => cancelled.has(job), close: () => follower.close() };
}
