import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordFile, writeRecord } from '../../local/deployment-record.js';
import { runningGroups } from '../../local/running-groups.js';
import { status } from '../../local/status.js';
import { fanlightTopology } from '../../topology/main.js';
import { captured } from '../cli/captured.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanlight-status-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('fanlight status', () => {
  // Port 1 is reserved (tcpmux): no server answers there.
  const nobody = '127.0.0.1:1';

  it('prints the processes and then fails in one sentence if no broker answers', async () => {
    const others = { FANLIGHT_REGISTRY_URL: `http://${nobody}`, FANLIGHT_S3_ENDPOINT: `http://${nobody}` };
    const environment = { FANLIGHT_STATE_DIR: folder, FANLIGHT_KAFKA_BROKERS: nobody, ...others };
    const worker = {
      name: 'infer.bulk',
      kind: 'worker',
      pid: process.pid,
      port: 1,
      restarts: 3,
      state: 'running',
    } as const;
    writeRecord(recordFile(environment), {
      pid: process.pid,
      startedAt: '',
      gatewayUrl: '',
      environment: {},
      logDir: '',
      processes: [worker],
    });

    const output = captured();
    await expect(status({ json: true }, environment)).rejects.toMatchObject({
      code: 'host-unreachable',
      message: `No Kafka broker answers at ${nobody}.`,
    });
    expect(JSON.parse(output.text)).toEqual({
      ready: false,
      processes: [{ ...worker, health: 'not ready' }],
      groups: null,
    });

    output.text = '';
    await expect(status({ json: false }, environment)).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(output.text).toMatch(/infer\.bulk .* 3 .* not ready/);
  });

  it('expects workers for the groups of jobs and callbacks only with a Redis', () => {
    const groups = (jobs: boolean) =>
      runningGroups(fanlightTopology('staged', []), { FANLIGHT_REDIS_URL: jobs ? 'redis://127.0.0.1' : undefined }).map(
        ({ name }) => name,
      );
    const ofJobs = ['fanlight.jobs', 'fanlight.job-state', 'fanlight.callbacks'];
    expect(groups(true)).toEqual(expect.arrayContaining(ofJobs));
    expect(groups(false).filter((group) => ofJobs.includes(group))).toEqual([]);
  });
});
