import type { Clock } from '../../primitives/clock.js';
import { repeat } from '../../primitives/repeat.js';
import { jobCancelled } from '../../schemas/failure.js';
import type { Job } from '../../schemas/jobs.js';
import type { JobImage, JobQueue } from '../ports.js';
import { abandonedAfterMs, heartbeatMs } from './heartbeat.js';
import { acknowledged, beginsWithinMs, CutOffError } from './acknowledged.js';

export interface SubmitJobOptions {
  readonly queue: JobQueue;
  readonly clock: Clock;
  /** Runs before images are sent. Throws when the client may not send that many. */
  charge(images: number): Promise<void>;
  readonly traceparent: string;
}

/**
 * Announces the job, sends its images as they come and says when it has all of them. When that fails, the job is
 * cancelled,
 * so that nobody pays for half of it; rejects with the reason.
 *
 * @param job as it begins: `accepting`, without images
 * @returns the job with all its images
 */
export async function submitJob(
  job: Job,
  images: AsyncIterable<readonly JobImage[]> | Iterable<readonly JobImage[]>,
  options: SubmitJobOptions,
): Promise<Job> {
  const { queue, clock, charge, traceparent } = options;
  let current = job;
  const say = (change: Partial<Pick<Job, 'state' | 'images'>>) => {
    current = { ...current, ...change, updatedAt: clock.now() };
    return acknowledged(queue.announce(current), abandonedAfterMs, clock);
  };
  const heartbeat = startHeartbeat(clock, () => say({}));
  try {
    await acknowledged(queue.announce(job), beginsWithinMs, clock);
    for await (const batch of images) {
      heartbeat.check();
      if (queue.isCancelled(job.id)) throw jobCancelled();
      await charge(batch.length);
      await acknowledged(queue.send(current, batch, traceparent), abandonedAfterMs, clock);
      current = { ...current, images: current.images + batch.length };
    }
    // A beat that is written later would say `accepting` for ever: the topic is compacted.
    await heartbeat.stop();
    await say({ state: 'accepted' });
    return current;
  } catch (error) {
    const stopped = heartbeat.stop();
    // Queues that are cut off acknowledge no beat either. Should the record be lost: a job without a heartbeat is
    // cancelled.
    const told = (error instanceof CutOffError ? Promise.resolve() : stopped)
      .then(() => say({ state: 'cancelled' }))
      .catch(() => undefined);
    if (!(error instanceof CutOffError)) await told;
    throw error;
  }
}

/**
 * Beats until it is stopped or a beat fails. `check` throws that failure; `stop` resolves when no beat is in flight.
 */
function startHeartbeat(clock: Clock, beat: () => Promise<void>): { check(): void; stop(): Promise<void> } {
  let failure: { readonly error: unknown } | undefined;
  const stopBeats = repeat(clock, heartbeatMs, () =>
    beat().then(
      () => heartbeatMs,
      (error: unknown) => void (failure = { error }),
    ),
  );
  return {
    check() {
      if (failure) throw failure.error;
    },
    stop: stopBeats,
  };
}
