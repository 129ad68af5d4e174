import type { PartStore } from '../ports.js';
import { jobResultsGroup, outcomeTopics } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import { isOfJob, readJobOutcome } from './read-job-result.js';
import { progressMessage } from '../messages.js';
import { createPartWriter, partDelayMs, partSize } from './part-writer.js';
import { alongside } from '../../runtime/kafka/consumer/with-stop-hooks.js';
import { startConsumer, type RunningConsumer } from '../../runtime/kafka/consumer/consumer.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/publish-until-acknowledged.js';
import type { WorkerServices } from '../../runtime/services.js';

/** Gathers the results of jobs: writes them as parts, and announces each part on `job-progress`. */
export async function startJobResults(
  lanes: readonly Lane[],
  parts: PartStore,
  services: WorkerServices,
): Promise<RunningConsumer> {
  const { clock, codec, logger, metrics, publisher, random } = services;
  const stopping = new AbortController();
  const writer = createPartWriter({
    parts,
    clock,
    random,
    signal: stopping.signal,
    async announce(progress) {
      await publishUntilAcknowledged(publisher, [await progressMessage(progress, codec)], {
        signal: stopping.signal,
        clock,
        logger,
        random,
      });
    },
    onUnavailable: ({ code, message }, attempt) => {
      if (attempt === 1 || attempt % 10 === 0) logger.warn({ stage: 'jobs', attempt, code }, message);
    },
  });
  const consumer = await startConsumer({
    kafka: services.kafka,
    group: jobResultsGroup,
    topics: outcomeTopics(lanes),
    fromBeginning: true,
    reading: 'unhurried',
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
    onRestart: (reason) => metrics.consumerRestarts.inc({ group: jobResultsGroup, reason }),
  });
  return alongside(consumer, {
    beforeStop: () => writer.drain(),
    afterStop: () => stopping.abort(new Error('the worker stops')),
  });
}
