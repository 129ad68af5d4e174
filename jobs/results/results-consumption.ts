import type { RecordConsumption } from '../../runtime/consumption/consumption.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import type { WorkerServices } from '../../runtime/services.js';
import { jobResultsGroup, laneOfTopic, outcomeTopics } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import { progressMessage } from '../messages.js';
import { createPartWriter, partDelayMs, partSize } from './part-writer.js';
import { isOfJob, readJobOutcome } from './job-outcome.js';
import type { PartStore } from './part-store.js';

/** Gathers the outcomes of job images, writes them as parts, and announces each part on `job-progress`. */
export function resultsConsumption(
  lanes: readonly Lane[],
  parts: PartStore,
  { clock, codec, logger, publisher, random }: WorkerServices,
): RecordConsumption {
  const stopping = new AbortController();
  const { signal } = stopping;
  const priorities = new Map(lanes.map(({ name, priority }) => [name as string, priority]));
  const writer = createPartWriter({
    parts,
    clock,
    random,
    signal,
    async announce(progress) {
      const messages = [await progressMessage(progress, codec)];
      await publishUntilAcknowledged(publisher, messages, { signal, clock, logger, random });
    },
    onUnavailable: ({ code, message }, attempt) => {
      if (attempt === 1 || attempt % 10 === 0) logger.warn({ stage: 'jobs', attempt, code }, message);
    },
  });
  return {
    kind: 'records',
    group: jobResultsGroup,
    topics: outcomeTopics(lanes),
    stage: 'jobs',
    laneOf: ({ topic }) => laneOfTopic(topic),
    async handler(message) {
      if (!isOfJob(message)) return [];
      const outcome = await readJobOutcome(message, codec);
      const priority = priorities.get(laneOfTopic(message.topic)) ?? 0;
      await writer.add(outcome, { delayMs: partDelayMs, priority });
      return [];
    },
    // The group also reads dead letters, so a dead letter of its own would come back to it.
    failures: { kind: 'stop' },
    fetchMode: 'large-fetches',
    window: { items: 16 * partSize, bytes: 64 * 2 ** 20 },
    beforeStop: () => writer.drain(),
    afterStop: () => stopping.abort(new Error('the worker stops')),
  };
}
