import type { Admin } from 'kafkajs';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Next offset that the group will read; the start of the log if the group has never committed. */
  readonly committed: bigint;
  readonly end: bigint;
}

/** Returns the committed offset and the end offset of each partition. */
export async function fetchLag(admin: Admin, group: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const [committed, ...ends] = await Promise.all([
    admin.fetchOffsets({ groupId: group, topics: [...topics] }),
    ...topics.map((topic) => admin.fetchTopicOffsets(topic)),
  ]);
  return topics.flatMap((topic, index) =>
    (ends[index] ?? []).map(({ partition, low, high }) => {
      const offset = committed
        .find((entry) => entry.topic === topic)
        ?.partitions.find((entry) => entry.partition === partition)?.offset;
      const position = offset === undefined || offset === '-1' ? BigInt(low) : BigInt(offset);
      const start = position < BigInt(low) ? BigInt(low) : position; // retention removed unread records
      return { topic, partition, committed: start, end: BigInt(high) };
    }),
  );
}

/** Returns the number of records written to the topic since its creation, including those that retention removed. */
export async function endOffset(admin: Admin, topic: string): Promise<number> {
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}

export function totalLag(lag: readonly PartitionLag[]): number {
  return lag.reduce((sum, { committed, end }) => sum + Number(end - committed), 0);
}
