import { topics } from '../../schemas/topics.js';
import { retryGroup } from '../../topology/groups.js';
import type { FailurePath } from './retry-record.js';
import { createRetryRelay } from './retry-relay.js';
import { startConsumer, type RunningConsumer } from '../kafka/consumer/consumer.js';
import { publishUntilAcknowledged } from '../kafka/client/publish-until-acknowledged.js';
import type { WorkerServices } from '../services.js';

/** One consumer a retry topic: all records of a topic wait equally long, so none waits behind a later one. */
export function startRetryWorkers(lane: FailurePath['lane'], services: WorkerServices): Promise<RunningConsumer[]> {
  const { clock, logger, publisher, random, metrics } = services;
  const relay = createRetryRelay(clock);
  return Promise.all(
    lane.retryDelays.map((delay) => {
      const topic = topics.retry(lane.name, delay);
      const group = retryGroup(topic);
      return startConsumer({
        kafka: services.kafka,
        group,
        topics: [topic],
        fromBeginning: true,
        window: { items: 500, bytes: 64 * 2 ** 20 },
        process: async function relayRecord(message, signal) {
          await publishUntilAcknowledged(publisher, await relay(message, { signal }), {
            signal,
            clock,
            logger,
            random,
          });
        },
        onFatal: services.onFatal,
        clock,
        logger,
        onRestart: (reason) => metrics.consumerRestarts.inc({ group, reason }),
      });
    }),
  );
}
