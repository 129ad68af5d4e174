import type { Kafka } from 'kafkajs';
import { withPatientAdmin } from '../topics/admin.js';

/** Returns the first retained offset of each partition, by `topic/partition`. */
export function firstOffsets(kafka: Kafka, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return withPatientAdmin(kafka, async (admin) => {
    const offsets = new Map<string, string>();
    for (const topic of topics)
      for (const { partition, low } of await admin.fetchTopicOffsets(topic)) offsets.set(`${topic}/${partition}`, low);
    return offsets;
  });
}
