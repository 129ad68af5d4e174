import type { Kafka } from 'kafkajs';
import { withAdmin } from '../topics/admin.js';

/** Topic → partition → first retained offset. */
export async function firstOffsets(
  kafka: Kafka,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, string>>> {
  return withAdmin(kafka, async (admin) => {
    const lows = topics.map(async (topic) => {
      const partitions = await admin.fetchTopicOffsets(topic);
      return [topic, new Map(partitions.map(({ partition, low }) => [partition, low]))] as const;
    });
    return new Map(await Promise.all(lows));
  });
}
