import Table from 'cli-table3';
import pc from 'picocolors';
import { createKafka } from '../../runtime/kafka/client.js';
import { withAdmin } from '../../runtime/kafka/admin.js';
import { fetchLag, totalLag } from '../../runtime/kafka/lag.js';
import { sinkGroup } from '../../runtime/kafka/sink-worker.js';
import { topics } from '../../schemas/topics.js';
import { sinkCatalogue } from '../../sinks/catalogue.js';
import { fanlightTopology } from '../../topology/main.js';
import { modelQueueOf } from '../../topology/model-queue.js';
import type { Topology } from '../../topology/topology.js';
import { readConfig } from '../config.js';
import { clientEnvironment, isAlive, readRecord, type ProcessRecord } from '../deployment-record.js';
import { createLogger } from '../open-services.js';
import { describePlaces } from './places.js';

interface ProcessStatus extends ProcessRecord {
  readonly health: 'ready' | 'not ready' | 'gone';
}

interface GroupStatus {
  readonly group: string;
  readonly lag: number;
  /** Processes that have joined it. */
  readonly workers: number;
}

/**
 * `fanlight status`: processes, their readiness, the lag and the workers of every group. Exit code 1 unless everything is ready and
 * every group has a worker.
 */
export async function status({ json }: { readonly json: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  const record = readRecord(environment);
  const config = readConfig(clientEnvironment(environment));
  const processes = await Promise.all((record?.processes ?? []).map(processStatus));
  const kafka = createKafka({ brokers: config.FANLIGHT_KAFKA_BROKERS, clientId: 'fanlight-status', logger: createLogger('status', 'error') });
  const groups = await groupStatus(kafka, fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED));
  const ready = processes.every(({ health }) => health === 'ready') && groups.every(({ workers }) => workers > 0);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ready, processes, groups })}\n`);
    return ready ? 0 : 1;
  }
  if (processes.length > 0) {
    const table = new Table({ head: ['process', 'pid', 'port', 'restarts', 'state'] });
    for (const { name, pid, port, restarts, health } of processes) table.push([name, pid, port ?? '', restarts, health]);
    process.stdout.write(`${table.toString()}\n`);
  }
  const table = new Table({ head: ['consumer group', 'records waiting', 'workers'], colAligns: ['left', 'right', 'right'] });
  for (const { group, lag, workers } of groups) table.push([group, lag, workers === 0 ? pc.red('none') : workers]);
  process.stdout.write(`${table.toString()}\n${record ? `${describePlaces(record)}\n` : ''}`);
  return ready ? 0 : 1;
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

async function groupStatus(kafka: ReturnType<typeof createKafka>, topology: Topology): Promise<GroupStatus[]> {
  const { plans, lanes } = topology;
  const models = modelQueueOf(topology);
  const groups = [
    ...[...plans, ...(models ? [models] : [])].map(({ group, input }) => ({ group, topics: [input] })),
    ...sinkCatalogue.map(({ name }) => ({ group: sinkGroup(name), topics: lanes.map((lane) => topics.imageTags(lane.name)) })),
  ];
  return withAdmin(kafka, async (admin) => {
    const { groups: described } = await admin.describeGroups(groups.map(({ group }) => group));
    const workers = new Map(described.map(({ groupId, members }) => [groupId, members.length]));
    const statuses = groups.map(async ({ group, topics: read }) => ({ group, lag: totalLag(await fetchLag(admin, group, read)), workers: workers.get(group) ?? 0 }));
    return Promise.all(statuses);
  });
}
