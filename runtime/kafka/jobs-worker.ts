import type { JobProjection, PartStore } from '../../jobs/ports.js';
import type { Job, JobProgress } from '../../schemas/jobs.js';
import { topics } from '../../schemas/topics.js';
import type { Lane } from '../../topology/lanes.js';
import { isOfJob, readJobOutcome } from '../jobs/read-job-result.js';
import { jobMessage, progressMessage } from '../jobs/job-messages.js';
import { createPartWriter, partDelayMs, partSize } from '../jobs/write-parts.js';
import { startConsumer, type RunningConsumer } from './consumer.js';
import { projectTopics, type RunningProjection } from './project-topics.js';
import { publishUntilAcknowledged } from './publish-until-acknowledged.js';
import type { WorkerServices } from './services.js';

/** Of the consumers that gather results. */
export const jobsGroup = 'fanlight.jobs';
/** Of those that keep the state. */
export const jobStateGroup = 'fanlight.job-state';

/** Topics that tell what became of images. */
export function outcomeTopics(lanes: readonly Lane[]): string[] {
  return lanes.flatMap(({ name }) => [topics.imageTags(name), topics.deadLetters(name), topics.cancelledImages(name)]);
}

/** Gathers the results of jobs: writes them as parts, and announces each part on `job-progress`. */
export async function startJobResults(lanes: readonly Lane[], parts: PartStore, services: WorkerServices): Promise<RunningConsumer> {
  const { clock, codec, logger, metrics, publisher, random } = services;
  const stopping = new AbortController();
  const writer = createPartWriter({
    parts,
    clock,
    random,
    signal: stopping.signal,
    async announce(progress) {
      await publishUntilAcknowledged(publisher, [await progressMessage(progress, codec)], { signal: stopping.signal, clock, logger, random });
    },
    onUnavailable: ({ code, message }, attempt) => {
      if (attempt === 1 || attempt % 10 === 0) logger.warn({ stage: 'jobs', attempt, code }, message);
    },
  });
  const consumer = await startConsumer({
    kafka: services.kafka,
    group: jobsGroup,
    topics: outcomeTopics(lanes),
    fromBeginning: true,
    window: { items: 16 * partSize, bytes: 64 * 2 ** 20 },
    async process(message) {
      if (!isOfJob(message)) return;
      const outcome = await readJobOutcome(message, codec);
      const lane = lanes.find(({ name }) => message.topic.endsWith(`.${name}`));
      await writer.add(outcome, { delayMs: partDelayMs, priority: lane?.priority ?? 0 });
    },
    onFatal: services.onFatal,
    clock,
    logger,
    onRestart: (reason) => metrics.consumerRestarts.inc({ group: jobsGroup, reason }),
  });
  return {
    group: consumer.group,
    get ready() {
      return consumer.ready;
    },
    get lastProgressAt() {
      return consumer.lastProgressAt;
    },
    get held() {
      return consumer.held;
    },
    restart: (reason) => consumer.restart(reason),
    async stop(graceMs) {
      writer.drain();
      await consumer.stop(graceMs);
      stopping.abort(new Error('the worker stops'));
    },
  };
}

/** How often it is looked for jobs that ended, or whose gateway has gone, milliseconds. */
const lookEveryMs = 500;
const announceAgainMs = 30_000;
/** A gateway says every few seconds that it goes on sending the images of a job; `heartbeatMs` in gateway/jobs/. */
const abandonedAfterMs = 60_000;

/** Keeps where jobs stand, announces how they ended, and cancels those whose images are no longer being sent. */
export async function startJobState(state: JobProjection, services: WorkerServices): Promise<RunningConsumer> {
  const { kafka, codec, clock, logger, publisher } = services;
  const projection: RunningProjection = await projectTopics({
    kafka,
    group: jobStateGroup,
    topics: [topics.jobs, topics.jobProgress],
    position: (topic, partition) => state.position(topic, partition),
    async apply(message, expected) {
      // Compaction leaves no value of what was removed.
      if (message.value === null) return state.skip(message, expected);
      if (message.topic === topics.jobs) return state.applyJob(message, expected, (await codec.decode('job', message.value)) as Job);
      return state.applyProgress(message, expected, (await codec.decode('job-progress', message.value)) as JobProgress);
    },
    clock,
    logger,
    onFatal: services.onFatal,
  });
  /** Job → when its summary was written, epoch milliseconds. */
  const announced = new Map<string, number>();
  let cancelLook: () => void = () => undefined;
  let stopped = false;

  async function look(): Promise<void> {
    // One worker is enough: the one that reads what clients ask for.
    if (!projection.owns(topics.jobs, 0)) return;
    const ended = await state.ended();
    for (const id of announced.keys()) if (!ended.some(({ job }) => job.id === id)) announced.delete(id);
    for (const { job, tagged, failed, cancelled } of ended) {
      // It stays among the ended until its summary was read.
      if (clock.now() - (announced.get(job.id) ?? -Infinity) < announceAgainMs) continue;
      announced.set(job.id, clock.now());
      const summary = { images: job.images, tagged, failed, cancelled };
      await publisher.publish([await progressMessage({ job: job.id, client: job.client, callback: job.callback, part: null, summary, at: clock.now() }, codec)]);
    }
    for (const job of await state.abandoned(clock.now() - abandonedAfterMs)) {
      logger.warn({ job: job.id }, 'the gateway that was sending the images of the job has gone: the job is cancelled');
      await publisher.publish([await jobMessage({ ...job, state: 'cancelled', updatedAt: clock.now() }, codec)]);
    }
  }

  function lookLater(): void {
    if (stopped) return;
    cancelLook = clock.schedule(lookEveryMs, function lookNow() {
      look()
        // Redis or Kafka is away: looked again.
        .catch((error: unknown) => logger.debug({ error: (error as Error).message }, 'jobs could not be looked after'))
        .finally(lookLater);
    });
  }

  lookLater();
  return {
    group: projection.group,
    get ready() {
      return projection.ready;
    },
    get lastProgressAt() {
      return projection.lastProgressAt;
    },
    held: 0,
    restart: (reason) => projection.restart(reason),
    async stop(graceMs) {
      stopped = true;
      cancelLook();
      await projection.stop(graceMs);
    },
  };
}
