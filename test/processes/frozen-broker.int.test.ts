import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FREE_PORTS } from '../../local/servers/port-numbers.js';
import { startProcess, type RunningProcess } from '../../local/servers/process.js';
import { prepareDeployment } from '../../processes/preparation.js';
import { readyLine } from '../../processes/ready-line.js';
import { createKafka } from '../../runtime/kafka/client/client.js';
import { createPublisher } from '../../runtime/kafka/client/producer.js';
import { headers } from '../../schemas/headers.js';
import { topics } from '../../schemas/topics.js';
import { oneBroker } from '../runtime/one-broker.js';
import { serverAddress } from '../support/worker-services.js';

const startBroker = oneBroker('frozen');
const program = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

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

async function start(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<RunningProcess> {
  const running = await startProcess({
    name,
    command: process.execPath,
    args: ['--import', 'tsx', program, ...args],
    env,
    logFile: join(logDir, `${name}.log`),
    ready: { line: readyLine, timeoutMs: 90_000 },
    stopTimeoutMs: 1_000,
  });
  processes.push(running);
  return running;
}

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
  const env = {
    ...process.env,
    FANLIGHT_KAFKA_BROKERS: brokerAddress,
    FANLIGHT_REGISTRY_URL: serverAddress('REGISTRY_URL'),
    FANLIGHT_REDIS_URL: serverAddress('REDIS_URL'),
    FANLIGHT_SINK_REDIS_URL: serverAddress('SINK_REDIS_URL'),
    FANLIGHT_S3_ENDPOINT: serverAddress('S3_ENDPOINT'),
    FANLIGHT_S3_REGION: serverAddress('S3_REGION'),
    FANLIGHT_S3_ACCESS_KEY_ID: serverAddress('S3_ACCESS_KEY_ID'),
    FANLIGHT_S3_SECRET_ACCESS_KEY: serverAddress('S3_SECRET_ACCESS_KEY'),
    FANLIGHT_PLACEMENT: 'compact',
    FANLIGHT_GATEWAY_AUTH: 'off',
  };
  await prepareDeployment(env);
  // A record that is due in an hour stays in flight: the worker drains until its time is up.
  const logger = pino({ level: 'silent' });
  const publisher = await createPublisher(createKafka({ brokers: [brokerAddress], clientId: 'frozen-test', logger }));
  const due = { [headers.retryAt]: String(Date.now() + 3_600_000), [headers.retryTo]: 'fetch.bulk' };
  await publisher.publish([{ topic: topics.retry('bulk', '5s'), key: null, value: Buffer.from('x'), headers: due }]);
  await publisher.close();
  const [working, idle, gateway] = await Promise.all([
    start('retry', ['worker', 'retry', '--lanes', 'bulk'], env),
    start('sink-redis', ['worker', 'sink-redis'], env),
    start('gateway', ['gateway'], env),
  ]);
  const port = readyLine.exec(await readFile(working.logFile, 'utf8'))![1];
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await expect.poll(metrics, { timeout: 20_000 }).toMatch(/^fanlight_records_in_flight\{[^}]*\} 1$/m);

  process.kill(broker, 'SIGSTOP');
  for (const ended of await Promise.all([working, idle, gateway].map(terminate))) {
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.tookMs).toBeLessThan(10_000);
  }
  for (const { logFile } of [working, idle, gateway]) {
    const log = await readFile(logFile, 'utf8');
    expect(log).toMatch(new RegExp(`"level":40.*"open":\\[.*"connection to ${brokerAddress}".*\\]`));
  }
}, 180_000);
