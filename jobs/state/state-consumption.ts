import { every } from '../../primitives/timer-loop.js';
import type { ProjectionConsumption } from '../../runtime/consumption/consumption.js';
import type { RunningProjection } from '../../runtime/kafka/read/topic-projection.js';
import { coordinates, type Message } from '../../runtime/records/message.js';
import type { WorkerServices } from '../../runtime/services.js';
import { asFanlightError } from '../../schemas/failure.js';
import type { Job, JobProgress } from '../../schemas/jobs.js';
import { topics } from '../../schemas/topics.js';
import { jobStateGroup, jobStateTopics } from '../../topology/groups.js';
import { jobMessage, progressMessage } from '../messages.js';
import { abandonedAfterMs } from '../submission/heartbeat.js';
import type { JobProjection } from './job-projection.js';

/** Interval between scans for jobs that ended, or whose submission was abandoned (ms). */
const scanEveryMs = 500;
const announceAgainMs = 30_000;

/** Keeps the state of jobs, announces how they ended, and cancels jobs whose images are no longer being sent. */
export function stateConsumption(state: JobProjection, services: WorkerServices): ProjectionConsumption {
  const { codec, clock, logger } = services;
  return {
    kind: 'projection',
    group: jobStateGroup,
    topics: jobStateTopics,
    position: (topic, partition) => state.position(topic, partition),
    apply,
    accompany(projection) {
      const scan = createScan(state, services);
      // Redis or Kafka may be unavailable for a while. The next scan finds the same jobs.
      const stopScans = every(
        clock,
        scanEveryMs,
        () => (isLeader(projection) ? scan() : Promise.resolve()),
        (error) => logger.debug({ error: (error as Error).message }, 'the scan for finished jobs failed'),
      );
      return () => void stopScans();
    },
  };

  async function apply(message: Message, expected: bigint | undefined): Promise<boolean> {
    try {
      if (message.topic === topics.jobs)
        return await state.applyJob(message, expected, (await codec.decode('job', message.value)) as Job);
      const progress = (await codec.decode('job-progress', message.value)) as JobProgress;
      return await state.applyProgress(message, expected, progress);
    } catch (thrown) {
      const error = asFanlightError(thrown);
      if (error.kind !== 'permanent') throw error;
      // Only Fanlight writes to these topics. A foreign record must not stop the jobs behind it.
      logger.error({ record: coordinates(message), code: error.code, remedy: error.remedy }, error.message);
      return state.skip(message, expected);
    }
  }
}

/** Exactly one worker scans: the one that reads the job records. */
function isLeader(projection: RunningProjection): boolean {
  return projection.owns(topics.jobs, 0);
}

function createScan(state: JobProjection, { codec, clock, logger, publisher }: WorkerServices): () => Promise<void> {
  /** Job → when its summary was written (epoch ms). */
  const announced = new Map<string, number>();

  return async function scan() {
    const ended = await state.ended();
    for (const id of announced.keys()) if (!ended.some(({ job }) => job.id === id)) announced.delete(id);
    for (const { job, tagged, failed, cancelled } of ended) {
      // A job stays in this list until a worker has read its summary.
      if (clock.now() - (announced.get(job.id) ?? -Infinity) < announceAgainMs) continue;
      const summary = { images: job.images, tagged, failed, cancelled };
      const { id, client, callback } = job;
      const progress = { job: id, client, callback, part: null, summary, at: clock.now() };
      await publisher.publish([await progressMessage(progress, codec)]);
      announced.set(id, clock.now());
    }
    for (const job of await state.abandoned(clock.now() - abandonedAfterMs)) {
      logger.warn({ job: job.id }, 'the gateway that was sending the images of the job is gone; cancelling the job');
      await publisher.publish([await jobMessage({ ...job, state: 'cancelled', updatedAt: clock.now() }, codec)]);
    }
  };
}
