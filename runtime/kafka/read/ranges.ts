import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Message } from '../../records/message.js';
import { onEmptyBatch } from '../client/empty-batches.js';
import { withAdmin, withPatientAdmin } from '../topics/admin.js';
import { toMessage } from '../client/record.js';

export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  /** First offset to read. */
  readonly from: bigint;
  /** First offset not to read. */
  readonly to: bigint;
}

/** Returns the ranges of all records that the topics have now. */
export async function wholeTopics(kafka: Kafka, topics: readonly string[]): Promise<OffsetRange[]> {
  return withPatientAdmin(kafka, async (admin) => {
    const offsets = await Promise.all(
      topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) })),
    );
    return offsets.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, low, high }) => ({ topic, partition, from: BigInt(low), to: BigInt(high) })),
    );
  });
}

const maxRestarts = 5;

/**
 * Reads each range once, in order within a partition. It uses its own consumer group, and deletes it afterwards.
 *
 * @param onMessage also receives what could not be decoded (`unreadableBatch`)
 * @param signal ends the reading with its reason
 */
export async function readRanges(
  kafka: Kafka,
  ranges: readonly OffsetRange[],
  onMessage: (message: Message) => void,
  signal?: AbortSignal,
): Promise<void> {
  const open = new Map(
    ranges.filter(({ from, to }) => from < to).map((range) => [`${range.topic}/${range.partition}`, range]),
  );
  if (open.size === 0) return;
  const groupId = `fanlight.reader.${randomUUID()}`;
  let crashes = 0;
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    // The first group on a broker finds the coordinator still loading.
    retry: { retries: 5, restartOnFailure: () => Promise.resolve(++crashes <= maxRestarts) },
  });
  const all = [...open.values()];
  const next = new Map([...open].map(([key, { from }]) => [key, from]));
  // Seeks at every join, because a crash forgets positions. The first fetch, which needs offsets, comes after the join.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const { topic, partition } of all)
      consumer.seek({ topic, partition, offset: String(next.get(`${topic}/${partition}`)) });
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(all.map(({ topic }) => topic))], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      /** The range ends once reading has passed it, even if nothing but transaction markers is at its end. */
      function endIfRead(topic: string, partition: number, next: bigint): void {
        const key = `${topic}/${partition}`;
        if (next >= (open.get(key)?.to ?? next + 1n)) open.delete(key);
        if (open.size === 0) resolve();
      }
      onEmptyBatch(consumer, endIfRead);
      const running = consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 8,
        eachBatch: ({ batch }) => {
          const key = `${batch.topic}/${batch.partition}`;
          const range = open.get(key);
          if (!range) return Promise.resolve();
          for (const record of batch.messages) {
            const offset = BigInt(record.offset);
            const message = toMessage(batch.topic, batch.partition, record);
            const first = message.unreadableBatch?.firstOffset ?? offset;
            if (offset < (next.get(key) ?? 0n) || first >= range.to) continue;
            onMessage(message);
            next.set(key, offset + 1n);
          }
          endIfRead(batch.topic, batch.partition, BigInt(batch.lastOffset()) + 1n);
          return Promise.resolve();
        },
      });
      running.catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  }
}
