import type { Admin, Kafka } from 'kafkajs';
import type { Lane } from '../../../topology/lanes.js';
import { groupOf, shareStage, type Topology } from '../../../topology/topology.js';
import { topics } from '../../../schemas/topics.js';
import { withPatientAdmin } from './admin.js';

/**
 * Lets the group that reads the events of a lane start at the committed offsets of the previous group. The group
 * changes when clients begin or cease to share a lane. Without these offsets, the new group would process all retained
 * events again.
 */
export async function inheritOffsets(kafka: Kafka, topology: Topology): Promise<void> {
  await withPatientAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    for (const lane of topology.lanes)
      if (existing.has(topics.listingImages(lane.name))) await inheritInLane(admin, lane, topology);
  });
}

async function inheritInLane(admin: Admin, lane: Lane, { plans, stages }: Topology): Promise<void> {
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
  // A group with members already reads, so nothing has changed. Brokers also refuse to set offsets of such a group.
  if (groups.some(({ members }) => members.length > 0)) return;
  await admin.setOffsets({
    groupId: reader,
    topic,
    partitions: [...furthest].map(([partition, offset]) => ({ partition, offset: String(offset) })),
  });
}

/** Partition → committed offset. No entry: the group has never committed. */
async function committed(admin: Admin, groupId: string, topic: string): Promise<Map<number, bigint>> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return new Map(
    (found?.partitions ?? [])
      .filter(({ offset }) => offset !== '-1')
      .map(({ partition, offset }) => [partition, BigInt(offset)]),
  );
}
