import { abandonedAfterMs } from '../submission/heartbeat.js';
import type { JobProjection } from '../ports.js';
import { every } from '../../primitives/repeat.js';
import { asFanlightError } from '../../schemas/failure.js';
import type { Job, JobProgress } from '../../schemas/jobs.js';
import { topics } from '../../schemas/topics.js';
import { jobStateGroup, jobStateTopics } from '../../topology/groups.js';
import { jobMessage, progressMessage } from '../messages.js';
import { coordinates, type Message } from '../../runtime/records/message.js';
import { alongside } from '../../runtime/kafka/consumer/with-stop-hooks.js';
import type { RunningConsumer } from '../../runtime/kafka/consumer/consumer.js';
import { projectTopics, type RunningProjection } from '../../runtime/kafka/read/project-topics.js';
import type { WorkerServices } from '../../runtime/services.js';

/** How often it is looked for jobs that ended, or whose gateway has gone, milliseconds. */
const lookEveryMs = 500;
const announceAgainMs = 30_000;

/** Keeps where jobs stand, announces how they ended, and cancels those whose images are no longer being sent. */
export async function startJobState(state: JobProjection, services: WorkerServices): Promise<RunningConsumer> {
  const { kafka, codec, clock, logger, publisher } = services;
  const projection: RunningProjection = await projectTopics({
    kafka,
    group: jobStateGroup,
    topics: jobStateTopics,
    position: (topic, partition) => state.position(topic, partition),
    apply,
    clock,
    logger,
    onFatal: services.onFatal,
  });
  async function apply(message: Message, expected: bigint | undefined): Promise<boolean> {
    try {
      if (message.topic === topics.jobs)
        return await state.applyJob(message, expected, (await codec.decode('job', message.value)) as Job);
      return await state.applyProgress(
        message,
        expected,
        (await codec.decode('job-progress', message.value)) as JobProgress,
      );
    } catch (thrown) {
      const error = asFanlightError(thrown);
      if (error.kind !== 'permanent') throw error;
      // Only Fanlight writes to these topics. What anybody else wrote there must not hold up all jobs behind it.
      logger.error({ record: coordinates(message), code: error.code, remedy: error.remedy }, error.message);
      return state.skip(message, expected);
    }
  }

  /** Job → when its summary was written, epoch milliseconds. */
  const announced = new Map<string, number>();

  async function look(): Promise<void> {
    // One worker is enough: the one that reads what clients ask for.
    if (!projection.owns(topics.jobs, 0)) return;
    const ended = await state.ended();
    for (const id of announced.keys()) if (!ended.some(({ job }) => job.id === id)) announced.delete(id);
    for (const { job, tagged, failed, cancelled } of ended) {
      // It stays among the ended until its summary was read.
      if (clock.now() - (announced.get(job.id) ?? -Infinity) < announceAgainMs) continue;
      const summary = { images: job.images, tagged, failed, cancelled };
      await publisher.publish([
        await progressMessage(
          { job: job.id, client: job.client, callback: job.callback, part: null, summary, at: clock.now() },
          codec,
        ),
      ]);
      announced.set(job.id, clock.now());
    }
    for (const job of await state.abandoned(clock.now() - abandonedAfterMs)) {
      logger.warn({ job: job.id }, 'the gateway that was sending the images of the job has gone: the job is cancelled');
      await publisher.publish([await jobMessage({ ...job, state: 'cancelled', updatedAt: clock.now() }, codec)]);
    }
  }

  // Redis or Kafka may be away for a while: the next look finds the same jobs.
  const stopLooking = every(clock, lookEveryMs, look, (error) => {
    logger.debug({ error: (error as Error).message }, 'jobs could not be looked after');
  });
  return alongside(projection, {
    beforeStop: () => void stopLooking(),
  });
}
