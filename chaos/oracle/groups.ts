import { consumerGroups } from '../../processes/worker/groups.js';
import { fanlightTopology } from '../../topology/main.js';
import type { Fleet } from '../stack/fleet.js';
import { isRole, type RoleName } from '../plan/targets.js';
import type { KafkaOracle } from './kafka.js';

/** A consumer group whose workers a run starts. */
export interface WatchedGroup {
  readonly name: string;
  readonly role: RoleName;
  readonly topics: readonly string[];
}

/** The groups of the processes of a run: those of `bulk`, and those that read all lanes. */
export function watchedGroups(): readonly WatchedGroup[] {
  return consumerGroups(fanlightTopology('compact')).flatMap(({ name, role, topics, lane }) =>
    isRole(role as RoleName) && (lane === null || lane === 'bulk' || lane === 'callbacks')
      ? [{ name, role: role as RoleName, topics }]
      : [],
  );
}

export interface GroupState {
  readonly name: string;
  /** Records that the group has not committed. */
  readonly lag: number;
  readonly members: number;
  readonly stable: boolean;
}

/** Returns the state of the groups whose role has a process. */
export async function groupStates(
  oracle: KafkaOracle,
  groups: readonly WatchedGroup[],
): Promise<readonly GroupState[]> {
  return oracle.withAdmin(async (admin) => {
    const { groups: described } = await admin.describeGroups(groups.map(({ name }) => name));
    const topics = [...new Set(groups.flatMap((group) => group.topics))];
    // Committed offsets come first: the lag is then never less than it was.
    const committed = await Promise.all(
      groups.map(({ name, topics: read }) => admin.fetchOffsets({ groupId: name, topics: [...read] })),
    );
    const ends = new Map(
      await Promise.all(topics.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const)),
    );
    return groups.map(({ name }, index) => {
      const lag = (committed[index] ?? []).flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => {
          const end = ends.get(topic)?.find((each) => each.partition === partition);
          const from = offset === '-1' ? Number(end?.low ?? 0) : Number(offset);
          return Number(end?.high ?? 0) - from;
        }),
      );
      const group = described.find(({ groupId }) => groupId === name);
      return {
        name,
        lag: lag.reduce((sum, each) => sum + each, 0),
        members: group?.members.length ?? 0,
        stable: group?.state === 'Stable',
      };
    });
  });
}

/** Returns the groups that do not have all running processes of their role as members. */
export function incomplete(
  states: readonly GroupState[],
  groups: readonly WatchedGroup[],
  fleet: Pick<Fleet, 'running'>,
): readonly string[] {
  return states.flatMap(({ name, members, stable }, index) => {
    const role = groups[index]?.role;
    const wanted = role === undefined ? 0 : fleet.running(role).length;
    return stable && members === wanted
      ? []
      : [`${name}: ${members} of ${wanted} members, ${stable ? '' : 'not '}stable`];
  });
}
