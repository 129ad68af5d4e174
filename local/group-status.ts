import { withAdmin } from '../runtime/kafka/topics/admin.js';
import { fetchLag, totalLag } from '../runtime/kafka/lag/lag.js';
import type { WorkerServices } from '../runtime/services.js';
import type { ConsumerGroup } from '../topology/groups.js';

export interface GroupStatus {
  readonly group: string;
  /** Records that the group has not committed. */
  readonly lag: number;
  /** Processes that have joined the group. */
  readonly workers: number;
}

export async function groupStatus(
  kafka: WorkerServices['kafka'],
  groups: readonly Pick<ConsumerGroup, 'name' | 'topics'>[],
): Promise<GroupStatus[]> {
  return withAdmin(kafka, async (admin) => {
    const { groups: described } = await admin.describeGroups(groups.map(({ name }) => name));
    const workers = new Map(described.map(({ groupId, members }) => [groupId, members.length]));
    const statuses = groups.map(async ({ name, topics }) => ({
      group: name,
      lag: totalLag(await fetchLag(admin, name, topics)),
      workers: workers.get(name) ?? 0,
    }));
    return Promise.all(statuses);
  });
}
