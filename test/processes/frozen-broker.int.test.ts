import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FREE_PORTS } from '../../local/servers/port-numbers.js';
import type { RunningProcess } from '../../local/servers/process.js';
import { prepareDeployment } from '../../processes/preparation.js';
import { readyLine } from '../../processes/ready-line.js';
import { createKafka } from '../../runtime/kafka/client/client.js';
import { createPublisher } from '../../runtime/kafka/client/producer.js';
import { headers } from '../../schemas/headers.js';
import { topics } from '../../schemas/topics.js';
import { oneBroker } from '../runtime/kafka/one-broker.js';
import { startFanlight, testEnvironment } from '../support/fanlight-process.js';

const startBroker = oneBroker('frozen');

let logDir: string;
let broker: number | undefined;
const processes: RunningProcess[] = [];
beforeEach(async () => {
  logDir = await mkdtemp(join(tmpdir(), 'fanlight-frozen-'));
});
afterEach(async () => {
  await Promise.all(processes.map((each) => each.stop()));
  // A frozen broker would take SIGTERM only after its time is up.
  if (broker !== undefined) process.kill(broker, 'SIGCONT');
  await rm(logDir, { recursive: true, force: true });
});

/** Sends SIGTERM. Returns the exit, and the time until then (ms). */
async function terminate({ pid, exited }: RunningProcess) {
  const at = performance.now();
  process.kill(pid, 'SIGTERM');
  const { code, signal } = await exited;
  return { code, signal, tookMs: performance.now() - at };
}

it('worker, idle worker and gateway end within 10 s after SIGTERM while their broker is frozen', async () => {
  const { addresses, pids } = await startBroker(FREE_PORTS);
  broker = pids.kafka!;
  const [brokerAddress] = addresses.kafkaBrokers as [string];
  const env = testEnvironment({ FANLIGHT_KAFKA_BROKERS: brokerAddress });
  await prepareDeployment(env);
  // A record that is due in an hour stays in flight: the worker drains until its time is up.
  const logger = pino({ level: 'silent' });
  const publisher = await createPublisher(createKafka({ brokers: [brokerAddress], clientId: 'frozen-test', logger }));
  const due = { [headers.retryAt]: String(Date.now() + 3_600_000), [headers.retryTo]: 'fetch.bulk' };
  await publisher.publish([{ topic: topics.retry('bulk', '5s'), key: null, value: Buffer.from('x'), headers: due }]);
  await publisher.close();
  const started = await Promise.all([
    startFanlight('retry', { args: ['worker', 'retry', '--lanes', 'bulk'], env, logDir }),
    startFanlight('sink-redis', { args: ['worker', 'sink-redis'], env, logDir }),
    startFanlight('gateway', { args: ['gateway'], env, logDir }),
  ]);
  processes.push(...started);
  const port = readyLine.exec(await readFile(started[0].logFile, 'utf8'))![1];
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await expect.poll(metrics, { timeout: 20_000 }).toMatch(/^fanlight_records_in_flight\{[^}]*\} 1$/m);

  process.kill(broker, 'SIGSTOP');
  for (const ended of await Promise.all(started.map(terminate))) {
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.tookMs).toBeLessThan(10_000);
  }
  for (const { logFile } of started) {
    const log = await readFile(logFile, 'utf8');
    expect(log).toMatch(new RegExp(`"level":40.*"open":\\[.*connection to ${brokerAddress}.*\\]`));
  }
}, 180_000);
