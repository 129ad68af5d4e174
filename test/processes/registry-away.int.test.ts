import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunningProcess } from '../../local/servers/process.js';
import { prepareDeployment } from '../../processes/preparation.js';
import { readyLine } from '../../processes/ready-line.js';
import { topics } from '../../schemas/topics.js';
import { addressOf, cuttableProxy, throughProxy, type CuttableProxy } from '../sinks/cuttable-proxy.js';
import { imageTags } from '../sinks/records.js';
import { startFanlight, testEnvironment } from '../support/fanlight-process.js';
import { openTestServices, serverAddress } from '../support/worker-services.js';

let logDir: string;
let registry: CuttableProxy;
const processes: RunningProcess[] = [];
beforeEach(async () => {
  logDir = await mkdtemp(join(tmpdir(), 'fanlight-registry-'));
  registry = await cuttableProxy(addressOf(serverAddress('REGISTRY_URL'), 80));
});
afterEach(async () => {
  await Promise.all(processes.map((each) => each.stop()));
  await registry.close();
  await rm(logDir, { recursive: true, force: true });
});

it('a sink that starts without a registry waits for it, and a gateway that loses it answers 503 until it is back', async () => {
  await prepareDeployment(testEnvironment());
  const services = await openTestServices('registry-away', () => undefined);
  const tags = imageTags(1);
  const topic = topics.imageTags('bulk');
  const value = await services.codec.encode('image-tags', topic, tags);
  await services.publisher.publish([{ topic, key: Buffer.from('registry-away'), value, headers: {} }]);
  await services.publisher.close();

  const env = testEnvironment({ FANLIGHT_REGISTRY_URL: throughProxy(serverAddress('REGISTRY_URL'), registry) });
  // A gateway reads the records of jobs before it is ready, and other tests have left some.
  const gateway = await startFanlight('gateway', { args: ['gateway'], env, logDir });
  processes.push(gateway);
  await registry.cut();
  const sink = await startFanlight('sink-redis', { args: ['worker', 'sink-redis'], env, logDir });
  processes.push(sink);
  const logOf = ({ logFile }: RunningProcess) => readFile(logFile, 'utf8');
  const metrics = async () => {
    const port = readyLine.exec(await logOf(sink))![1];
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  };
  const away = /The schema registry at \S+ is unavailable: connect ECONNREFUSED \S+\. Waiting for it\./g;
  await expect.poll(() => logOf(sink), { timeout: 20_000 }).toMatch(away);
  const photo = { url: 'https://example.com/kitchen.jpg' };
  const answer = await fetch(`http://127.0.0.1:${readyLine.exec(await logOf(gateway))![1]}/v1/tags`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(photo),
  });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);

  await registry.restore();
  await expect.poll(metrics, { timeout: 20_000 }).toMatch(/fanlight_batches_total\{target="sink-redis"[^}]*\} [1-9]/);
  const log = await logOf(sink);
  expect(log.match(away)).toHaveLength(1);
  expect(log).toContain('the schema registry answers again');
  expect(await Promise.all(processes.map((each) => each.stop()))).toMatchObject([{ code: 0 }, { code: 0 }]);
}, 120_000);
