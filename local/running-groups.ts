import { checkBrokers } from '../processes/broker-check.js';
import type { Config } from '../processes/config.js';
import { createLogger } from '../processes/services.js';
import { consumerGroups } from '../processes/worker/groups.js';
import { createKafka } from '../runtime/kafka/client/client.js';
import type { ConsumerGroup } from '../topology/groups.js';
import { fanlightTopology } from '../topology/main.js';
import type { Topology } from '../topology/topology.js';
import { groupStatus, type GroupStatus } from './group-status.js';

/** Returns the groups that should have workers. */
export function runningGroups(
  topology: Topology,
  { FANLIGHT_REDIS_URL }: Pick<Config, 'FANLIGHT_REDIS_URL'>,
): readonly ConsumerGroup[] {
  const groups = consumerGroups(topology);
  return groups.filter(({ forJobs }) => !forJobs || FANLIGHT_REDIS_URL !== undefined);
}

/** Reads lag and workers of these groups. Throws `host-unreachable` if no broker answers. */
export async function statusOfGroups(config: Config): Promise<GroupStatus[]> {
  await checkBrokers(config.FANLIGHT_KAFKA_BROKERS);
  const kafka = createKafka({
    brokers: config.FANLIGHT_KAFKA_BROKERS,
    clientId: 'fanlight-status',
    logger: createLogger('status', 'error'),
  });
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  return groupStatus(kafka, runningGroups(topology, config));
}
