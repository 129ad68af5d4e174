import type { Clock } from '../../primitives/clock.js';
import { jobCancelled } from '../../schemas/failure.js';
import type { Job } from '../../schemas/jobs.js';
import type { Caller } from '../context.js';
import type { JobOrder, JobQueue } from '../ports.js';

export interface SubmitJobOptions {
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly caller: Pick<Caller, 'chargeImages'>;
  readonly traceparent: string;
}

/** How often everybody is told that more images are coming, milliseconds: a job of which nothing is heard for a minute is cancelled. */
export const heartbeatMs = 10_000;

/**
 * Announces the job, sends its images as they come and says when it has all of them. When that fails, the job is cancelled,
 * so that nobody pays for half of it; rejects with the reason.
 *
 * @param job as it begins: `accepting`, without images
 * @returns the job with all its images
 */
export async function submitJob(job: Job, images: AsyncIterable<readonly JobOrder[]>, options: SubmitJobOptions): Promise<Job> {
  const { queue, clock, caller, traceparent } = options;
  let current = job;
  const say = (change: Partial<Pick<Job, 'state' | 'images'>>) => {
    current = { ...current, ...change, updatedAt: clock.now() };
    return queue.announce(current);
  };
  const heartbeat = startHeartbeat(clock, () => say({}));
  try {
    await queue.announce(job);
    for await (const batch of images) {
      heartbeat.check();
      if (queue.isCancelled(job.id)) throw jobCancelled();
      await caller.chargeImages(batch.length);
      await queue.send(current, batch, traceparent);
      current = { ...current, images: current.images + batch.length };
    }
    heartbeat.stop();
    await say({ state: 'accepted' });
    return current;
  } catch (error) {
    heartbeat.stop();
    await say({ state: 'cancelled' });
    throw error;
  }
}

/** Beats until it is stopped. `check` throws why a beat failed. */
function startHeartbeat(clock: Clock, beat: () => Promise<void>): { check(): void; stop(): void } {
  let failure: { readonly error: unknown } | undefined;
  let stopped = false;
  let cancel: () => void = () => undefined;
  const beatLater = () => {
    cancel = clock.schedule(heartbeatMs, () => {
      beat().then(
        () => void (stopped || beatLater()),
        (error: unknown) => void (failure = { error }),
      );
    });
  };
  beatLater();
  return {
    check() {
      if (failure) throw failure.error;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
