import type { Admin, Kafka } from 'kafkajs';
import type { Lane } from '../../../topology/lanes.js';
import { groupOf, shareStage, type Topology } from '../../../topology/topology.js';
import { topics } from '../../../schemas/topics.js';
import { withGroups } from './admin.js';

/**
 * Lets the group that reads the events of a lane begin where the one that read them before had come to. Which group
 * that is changes when a
 * lane begins or ceases to be shared; without this, all events that are kept would be worked on again.
 */
export async function inheritOffsets(kafka: Kafka, topology: Topology): Promise<void> {
  await withGroups(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    for (const lane of topology.lanes)
      if (existing.has(topics.listingImages(lane.name))) await handOver(admin, lane, topology);
  });
}

async function handOver(admin: Admin, lane: Lane, { plans, stages }: Topology): Promise<void> {
  const topic = topics.listingImages(lane.name);
  const reader = plans.find(({ input }) => input === topic)?.group;
  if (reader === undefined) return;
  const before = [shareStage, ...stages.map(({ name }) => name)]
    .map((stage) => groupOf(topics.queue(stage, lane.name)))
    .filter((group) => group !== reader);
  const own = await committed(admin, reader, topic);
  const furthest = new Map<number, bigint>();
  for (const group of before) {
    for (const [partition, offset] of await committed(admin, group, topic))
      if (offset > (furthest.get(partition) ?? own.get(partition) ?? -1n)) furthest.set(partition, offset);
  }
  if (furthest.size === 0) return;
  const { groups } = await admin.describeGroups([reader]);
  // It works already, so this is no change; and a group with members takes no offsets from others.
  if (groups.some(({ members }) => members.length > 0)) return;
  await admin.setOffsets({
    groupId: reader,
    topic,
    partitions: [...furthest].map(([partition, offset]) => ({ partition, offset: String(offset) })),
  });
}

/** By partition; none where the group has never committed. */
async function committed(admin: Admin, groupId: string, topic: string): Promise<Map<number, bigint>> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return new Map(
    (found?.partitions ?? [])
      .filter(({ offset }) => offset !== '-1')
      .map(({ partition, offset }) => [partition, BigInt(offset)]),
  );
}
