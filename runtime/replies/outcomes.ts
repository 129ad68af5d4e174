import type { Kafka } from '../kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../../primitives/clock.js';
import type { LaneName } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import type { Metrics } from '../metrics.js';
import type { Codec } from '../records/codec.js';
import { readOutcome, type Outcome } from '../records/outcome.js';
import { followTopics, type Follower } from '../kafka/read/topic-follower.js';

/**
 * Follows the outcomes of events in these lanes, from the time of the call. Resolves once it misses no later outcome.
 * Every gateway sees every outcome, and picks those of its own requests.
 */
export function followOutcomes(options: {
  readonly kafka: Kafka;
  readonly codec: Codec;
  readonly lanes: readonly LaneName[];
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onOutcome: (origin: string, outcome: Outcome) => void;
}): Promise<Follower> {
  const { kafka, codec, clock, logger, name } = options;
  return followTopics({
    kafka,
    topics: options.lanes.flatMap((lane) => [topics.imageTags(lane), topics.deadLetters(lane)]),
    from: 'end',
    name,
    clock,
    logger,
    metrics: options.metrics,
    async onMessage(message) {
      try {
        const read = await readOutcome(message, codec);
        if (read) options.onOutcome(read.origin, read.outcome);
      } catch (error) {
        // Another producer's broken record on a public topic must not stop the replies behind it.
        const { topic, partition, offset } = message;
        logger.warn(
          { topic, partition, offset: String(offset), error: (error as Error).message },
          'an outcome could not be read',
        );
      }
    },
  });
}
