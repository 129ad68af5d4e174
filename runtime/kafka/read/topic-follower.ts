import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Clock } from '../../../primitives/clock.js';
import type { Message } from '../../records/message.js';
import { onEmptyBatch } from '../client/empty-batches.js';
import type { WorkerServices } from '../../services.js';
import { withPatientAdmin } from '../topics/admin.js';
import { toMessage } from '../client/record.js';
import { reportSkippedBatch } from './skipped-batch.js';

export interface FollowOptions extends Pick<WorkerServices, 'logger' | 'metrics'> {
  readonly kafka: Kafka;
  readonly topics: readonly string[];
  /** Start position: the first retained record, or the end of the topic at the time of the call. */
  readonly from: 'beginning' | 'end';
  /** Part of the group's name, and the name in logs and metrics. */
  readonly name: string;
  /**
   * Receives one record of a partition at a time. The follower awaits it, and it must not reject. The follower itself
   * logs, counts and passes what could not be decoded.
   */
  readonly onMessage: (message: Message) => Promise<void>;
  readonly clock: Clock;
}

export interface Follower {
  /**
   * True once the follower has seen all records that it had to read at the time of the call, and misses no later one.
   * False while no broker answers.
   */
  readonly ready: boolean;
  close(): Promise<void>;
}

/** Longest wait of a broker for new records, before it answers a fetch without any (ms). */
const fetchWaitMs = 500;
/** After this time without an answer, the broker counts as unreachable (ms). kafkajs retries for minutes first. */
const silentMs = 10_000;

/**
 * Reads topics in a consumer group of its own, so that every process that follows sees every record. `close` deletes
 * the group. Resolves once the follower is `ready` for the first time.
 */
export async function followTopics(options: FollowOptions): Promise<Follower> {
  const { kafka, topics, from, name, onMessage, clock } = options;
  const groupId = `fanlight.${name}.${randomUUID()}`;
  const ranges = await withPatientAdmin(kafka, async (admin) =>
    (
      await Promise.all(topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) })))
    ).flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) })),
    ),
  );
  /** End offsets that the follower has not reached yet. */
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
  // The follower keeps its own positions. kafkajs would resolve "latest" only at the first fetch, and miss records
  // written between this function's return and that fetch. The follower seeks at every join, because a crash forgets
  // positions. It does not seek right after `run`, which returns without a group while there is no coordinator.
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
  function reach(topic: string, partition: number, next: bigint): void {
    const place = `${topic}/${partition}`;
    if (next >= (ahead.get(place) ?? 0n)) ahead.delete(place);
    update();
  }
  onEmptyBatch(consumer, reach);
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
        // This record was fetched from another position, before the first seek took effect.
        if (offset < (positions.get(place)?.offset ?? 0n)) continue;
        const message = toMessage(topic, partition, record);
        if (message.unreadableBatch) reportSkippedBatch(options, name, message);
        else await onMessage(message);
        positions.set(place, { topic, partition, offset: offset + 1n });
        resolveOffset(record.offset);
      }
      await heartbeat();
      reach(topic, partition, BigInt(batch.lastOffset()) + 1n);
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
      await withPatientAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
    },
  };
}
