import Table from 'cli-table3';
import pc from 'picocolors';
import { isRetryGroup } from '../topology/groups.js';
import { readConfig } from '../processes/config.js';
import { clientEnvironment, isAlive, readRecord, type ProcessRecord } from './deployment-record.js';
import type { GroupStatus } from './group-status.js';
import { statusOfGroups } from './running-groups.js';
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
    groups = await statusOfGroups(config);
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
