import Table from 'cli-table3';
import pc from 'picocolors';
import { createKafka } from '../runtime/kafka/client/client.js';
import { consumerGroups } from '../processes/worker/groups.js';
import { isRetryGroup, type ConsumerGroup } from '../topology/groups.js';
import { fanlightTopology } from '../topology/main.js';
import type { Topology } from '../topology/topology.js';
import { checkBrokers } from '../processes/broker-check.js';
import { readConfig, type Config } from '../processes/config.js';
import { clientEnvironment, isAlive, readRecord, type ProcessRecord } from './deployment-record.js';
import { createLogger } from '../processes/services.js';
import { groupStatus, type GroupStatus } from './group-status.js';
import { describePlaces } from './places.js';

interface ProcessStatus extends ProcessRecord {
  readonly health: 'ready' | 'not ready' | 'gone';
}

interface Status {
  readonly ready: boolean;
  readonly processes: readonly ProcessStatus[];
  /** Null if no broker answers. */
  readonly groups: readonly GroupStatus[] | null;
}

/**
 * `fanlight status`: prints processes, their readiness, and the lag and workers of every group. Exits with 1 unless all
 * processes are ready and every group has a worker. Throws `host-unreachable` if no broker answers, after it has
 * printed the processes.
 */
export async function status({ json }: { readonly json: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  const record = readRecord(environment);
  const config = readConfig(clientEnvironment(environment));
  const processes = await Promise.all((record?.processes ?? []).map(processStatus));
  let groups: GroupStatus[] | null = null;
  let ready = false;
  try {
    groups = await readGroups(config);
    ready = processes.every(({ health }) => health === 'ready') && groups.every(({ workers }) => workers > 0);
  } finally {
    process.stdout.write(
      json
        ? `${JSON.stringify({ ready, processes, groups } satisfies Status)}\n`
        : describe({ ready, processes, groups }),
    );
  }
  if (!json && record) process.stdout.write(`${describePlaces(record)}\n`);
  return ready ? 0 : 1;
}

/** Returns the groups that should have workers. */
export function runningGroups(
  topology: Topology,
  { FANLIGHT_REDIS_URL }: Pick<Config, 'FANLIGHT_REDIS_URL'>,
): readonly ConsumerGroup[] {
  const groups = consumerGroups(topology);
  return groups.filter(({ forJobs }) => !forJobs || FANLIGHT_REDIS_URL !== undefined);
}

async function readGroups(config: Config): Promise<GroupStatus[]> {
  await checkBrokers(config.FANLIGHT_KAFKA_BROKERS);
  const kafka = createKafka({
    brokers: config.FANLIGHT_KAFKA_BROKERS,
    clientId: 'fanlight-status',
    logger: createLogger('status', 'error'),
  });
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  return groupStatus(kafka, runningGroups(topology, config));
}

function describe({ processes, groups }: Status): string {
  const tables: Table.Table[] = [];
  if (processes.length > 0) {
    const table = new Table({ head: ['process', 'pid', 'port', 'restarts', 'state'] });
    for (const { name, pid, port, restarts, health } of processes)
      table.push([name, pid, port ?? '', restarts, health]);
    tables.push(table);
  }
  if (groups) {
    const table = new Table({
      head: ['consumer group', 'records waiting', 'workers'],
      colAligns: ['left', 'right', 'right'],
    });
    // Groups of retry topics are shown only if they have lag or no worker.
    const shown = groups.filter(({ group, lag, workers }) => !isRetryGroup(group) || lag > 0 || workers === 0);
    for (const { group, lag, workers } of shown) table.push([group, lag, workers === 0 ? pc.red('none') : workers]);
    tables.push(table);
  }
  return tables.map((table) => `${table.toString()}\n`).join('');
}

async function processStatus(entry: ProcessRecord): Promise<ProcessStatus> {
  if (!isAlive(entry.pid)) return { ...entry, health: 'gone' };
  if (entry.port === null) return { ...entry, health: 'ready' };
  try {
    const { ok } = await fetch(`http://127.0.0.1:${entry.port}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return { ...entry, health: ok ? 'ready' : 'not ready' };
  } catch {
    return { ...entry, health: 'not ready' };
  }
}
