import type { Clock } from '../../primitives/clock.js';
import { jobCancelled } from '../../schemas/failure.js';
import type { Job } from '../../schemas/jobs.js';
import { announceWithinMs, awaitAcknowledgement, CutOffError } from './acknowledgement.js';
import { abandonedAfterMs, startHeartbeat } from './heartbeat.js';
import type { JobQueue, SubmittedImage } from './job-queue.js';

export interface SubmissionOptions {
  readonly queue: JobQueue;
  readonly clock: Clock;
  /** Called before a batch is sent. Rejects when the client may not send that many images. */
  charge(images: number): Promise<void>;
  readonly traceparent: string;
}

export type Batches = AsyncIterable<readonly SubmittedImage[]> | Iterable<readonly SubmittedImage[]>;

/**
 * Announces the job, sends its images batch by batch, and announces that the job has all of them. On a failure it
 * cancels the job, so that no client pays for half a job, and rejects with the failure.
 *
 * @param job from `createJob`
 * @param batches the images in the order of their positions; may arrive over time
 * @returns the accepted job with the number of its images
 */
export async function submitJob(job: Job, batches: Batches, options: SubmissionOptions): Promise<Job> {
  const { queue, clock, charge, traceparent } = options;
  let current = job;
  const announce = (change: Partial<Pick<Job, 'state' | 'images'>>) => {
    current = { ...current, ...change, updatedAt: clock.now() };
    return awaitAcknowledgement(queue.announce(current), abandonedAfterMs, clock);
  };
  const heartbeat = startHeartbeat(clock, () => announce({}));
  try {
    await awaitAcknowledgement(queue.announce(job), announceWithinMs, clock);
    for await (const batch of batches) {
      heartbeat.check();
      if (queue.isCancelled(job.id)) throw jobCancelled();
      await charge(batch.length);
      const first = current.images;
      const images = batch.map((image, index) => ({ ...image, item: first + index }));
      await awaitAcknowledgement(queue.send(current, images, traceparent), abandonedAfterMs, clock);
      current = { ...current, images: first + images.length };
    }
    // The topic is compacted: a later beat would leave the job in the state `accepting` for ever.
    await heartbeat.stop();
    await announce({ state: 'accepted' });
    return current;
  } catch (error) {
    const stopped = heartbeat.stop();
    // Brokers that are cut off acknowledge no beat either, so this does not wait for one in flight.
    // If this record is lost, the state worker cancels the job for want of a heartbeat.
    const cancelled = (error instanceof CutOffError ? Promise.resolve() : stopped)
      .then(() => announce({ state: 'cancelled' }))
      .catch(() => undefined);
    if (!(error instanceof CutOffError)) await cancelled;
    throw error;
  }
}
