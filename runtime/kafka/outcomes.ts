import { randomUUID } from 'node:crypto';
import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { LaneName } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import type { Codec } from '../codec.js';
import { readOutcome, type Outcome } from '../outcome.js';
import { withAdmin } from './admin.js';
import { toMessage } from './record.js';

export interface OutcomeStream {
  /** Every outcome from now on is seen; events may be sent. */
  readonly ready: boolean;
  close(): Promise<void>;
}

/**
 * Follows how events of the lanes end, from the moment of the call on. Resolves when no later outcome can be missed.
 * Each stream is a group of its own, so that every gateway sees every reply and picks those that it waits for.
 */
export async function followOutcomes(options: {
  readonly kafka: Kafka;
  readonly codec: Codec;
  readonly lanes: readonly LaneName[];
  readonly name: string;
  readonly logger: Logger;
  readonly onOutcome: (origin: string, outcome: Outcome) => void;
}): Promise<OutcomeStream> {
  const { kafka, codec, logger } = options;
  const groupId = `fanlight.${options.name}.${randomUUID()}`;
  const followed = options.lanes.flatMap((lane) => [topics.imageTags(lane), topics.deadLetters(lane)]);
  const ends = await withAdmin(kafka, async (admin) =>
    Promise.all(followed.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) }))),
  );
  let ready = false;
  let closed = false;
  const consumer: Consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 20, restartOnFailure: () => Promise.resolve(!closed) },
  });
  consumer.on(consumer.events.GROUP_JOIN, () => {
    ready = true;
  });
  consumer.on(consumer.events.CRASH, () => {
    ready = false;
  });
  await consumer.connect();
  await consumer.subscribe({ topics: followed, fromBeginning: false });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommitInterval: 5_000,
    partitionsConsumedConcurrently: 8,
    eachMessage: async ({ topic, partition, message }) => {
      try {
        const read = await readOutcome(toMessage(topic, partition, message), codec);
        if (read) options.onOutcome(read.origin, read.outcome);
      } catch (error) {
        // Another producer's broken record on a public topic must not stop the replies behind it.
        logger.warn({ topic, partition, offset: message.offset, error: (error as Error).message }, 'an outcome could not be read');
      }
    },
  });
  // Positions are pinned to the ends read above: "latest" would be looked up only at the first fetch, and what ended
  // between this function's return and that fetch would be missed.
  for (const { topic, partitions } of ends) {
    for (const { partition, high } of partitions) consumer.seek({ topic, partition, offset: high });
  }
  await joined;
  return {
    get ready() {
      return ready;
    },
    async close() {
      closed = true;
      ready = false;
      await consumer.disconnect();
      await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
    },
  };
}
