import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Clock } from '../../../primitives/clock.js';
import type { Message } from '../../records/message.js';
import { withAdmin } from '../topics/admin.js';
import { toMessage } from '../client/record.js';

export interface FollowOptions {
  readonly kafka: Kafka;
  readonly topics: readonly string[];
  /** Where to begin: at the first record that is kept, or behind the last one at the time of the call. */
  readonly from: 'beginning' | 'end';
  /** Part of the group's name. */
  readonly name: string;
  /** Awaited, record after record of a partition. It must not throw. */
  readonly onMessage: (message: Message) => Promise<void>;
  readonly clock: Clock;
}

export interface Follower {
  /**
   * No later record will be missed, those that were there at the time of the call have been seen, and a broker has
   * answered lately.
   */
  readonly ready: boolean;
  close(): Promise<void>;
}

/** How long a broker has to answer a fetch without records, milliseconds. */
const fetchWaitMs = 500;
/** After so long without an answer it is out of reach: kafkajs itself tries for minutes before it says so. */
const silentMs = 10_000;

/**
 * Reads topics for one reader alone, in a group of its own that is deleted afterwards: every process that follows sees
 * every record. Resolves when it is `ready` for the first time.
 */
export async function followTopics({ kafka, topics, from, name, onMessage, clock }: FollowOptions): Promise<Follower> {
  const groupId = `fanlight.${name}.${randomUUID()}`;
  const ranges = await withAdmin(kafka, async (admin) =>
    (
      await Promise.all(topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) })))
    ).flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) })),
    ),
  );
  /** Ends that have not been reached yet. */
  const ahead = new Map<string, bigint>(
    from === 'end'
      ? []
      : ranges
          .filter(({ low, high }) => low < high)
          .map(({ topic, partition, high }) => [`${topic}/${partition}`, high] as const),
  );
  let joined = false;
  let fetchedAt = clock.now();
  let closed = false;
  let signalReady: () => void = () => undefined;
  const firstReady = new Promise<void>((resolve) => (signalReady = resolve));
  const isReady = () => joined && ahead.size === 0;
  const update = () => {
    if (isReady()) signalReady();
  };

  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 2_000,
      retries: 20,
      restartOnFailure: () => Promise.resolve(!closed),
    },
  });
  // Positions are our own: "latest" would be looked up only at the first fetch, and what was written between this
  // function's return and that fetch would be missed. Set at every join, because a crash forgets them; not right after
  // `run`, which returns without a group when the coordinator is not there yet.
  const positions = new Map(
    ranges.map(({ topic, partition, low, high }) => [
      `${topic}/${partition}`,
      { topic, partition, offset: from === 'end' ? high : low },
    ]),
  );
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const { topic, partition, offset } of positions.values())
      consumer.seek({ topic, partition, offset: String(offset) });
    joined = true;
    fetchedAt = clock.now();
    update();
  });
  consumer.on(consumer.events.FETCH, () => {
    fetchedAt = clock.now();
  });
  consumer.on(consumer.events.CRASH, () => {
    joined = false;
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: from === 'beginning' });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 8,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      const { topic, partition } = batch;
      const place = `${topic}/${partition}`;
      for (const record of batch.messages) {
        const offset = BigInt(record.offset);
        // What was fetched from another position before the first seek took effect.
        if (offset < (positions.get(place)?.offset ?? 0n)) continue;
        await onMessage(toMessage(topic, partition, record));
        positions.set(place, { topic, partition, offset: offset + 1n });
        resolveOffset(record.offset);
      }
      await heartbeat();
      if (BigInt(batch.lastOffset()) + 1n >= (ahead.get(place) ?? 0n)) ahead.delete(place);
      update();
    },
  });
  await firstReady;
  return {
    get ready() {
      return isReady() && clock.now() - fetchedAt < silentMs;
    },
    async close() {
      closed = true;
      joined = false;
      await consumer.disconnect();
      await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
    },
  };
}
