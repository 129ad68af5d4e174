import { completeGroups, type ConsumerGroup } from '../../topology/groups.js';
import type { Topology } from '../../topology/topology.js';
import type { Role } from './role.js';
import { roles } from './roles.js';

/**
 * Every consumer group that a deployment may have, in the order in which records pass them: lane by lane, then the
 * groups that read all lanes. A deployment without a Redis lacks the groups that work for jobs.
 */
export function consumerGroups(topology: Topology, all: readonly Role[] = roles): readonly ConsumerGroup[] {
  const order = new Map<string | null, number>(topology.lanes.map(({ name }, index) => [name, index]));
  const rank = ({ lane }: ConsumerGroup) => order.get(lane) ?? order.size;
  const groups = completeGroups(
    topology,
    all.flatMap((role) => role.groups(topology)),
  );
  return groups.sort((a, b) => rank(a) - rank(b));
}
