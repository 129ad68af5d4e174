/**
 * `npm run bench:share [-- --count N --clients N]`: cost of fair sharing of a lane among clients. Events pass the group
 * `share` of the lane bulk over a real broker; no other worker runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { randomHex } from '../processes/services.js';
import { startPlatform } from '../local/servers/platform.js';
import { FREE_PORTS } from '../local/servers/port-numbers.js';
import { systemClock } from '../primitives/clock.js';
import { continueTrace } from '../primitives/trace-context.js';
import { ensureTopics, withAdmin } from '../runtime/kafka/topics/admin.js';
import { createKafka } from '../runtime/kafka/client/client.js';
import { createPublisher } from '../runtime/kafka/client/producer.js';
import { publishUntilAcknowledged } from '../runtime/kafka/client/acknowledged-publishing.js';
import { startConsumption } from '../runtime/consumption/loop.js';
import { createSeal } from '../runtime/records/seal.js';
import type { WorkerServices } from '../runtime/services.js';
import { shareConsumption } from '../runtime/shares/share-consumption.js';
import { createMemoryCodec } from '../runtime/memory/memory-codec.js';
import { createMetrics } from '../runtime/metrics.js';
import { listingImageMessage } from '../runtime/records/listing-image.js';
import { fanlightTopology } from '../topology/main.js';
import { say } from './support/deployment.js';

const chunk = 5_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '50000' }, clients: { type: 'string', default: '20' } },
  });
  const [count, clients] = [Number(values.count), Number(values.clients)];
  const folder = mkdtempSync(join(tmpdir(), 'fanlight-bench-'));
  say(`starting Kafka in ${folder}`);
  const platform = await startPlatform({ dataDir: folder, ports: FREE_PORTS, parts: ['kafka'] });
  try {
    await measure(platform.addresses.kafkaBrokers, count, clients);
  } finally {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(brokers: readonly string[], count: number, clients: number): Promise<void> {
  const logger = pino({ level: 'silent' });
  const kafka = createKafka({ brokers, clientId: 'bench-share', logger });
  const topology = fanlightTopology('compact');
  const plan = topology.plans.filter((group) => group.kind === 'share').find(({ lane }) => lane.name === 'bulk');
  const queue = plan?.outputs[0];
  if (!plan || queue === undefined) throw new Error('the topology has no share group for the lane bulk');
  await ensureTopics(kafka, topology, 1);
  const publisher = await createPublisher(kafka);
  const codec = createMemoryCodec();
  const event = (n: number) =>
    listingImageMessage(
      {
        listingId: `listing-${Math.floor(n / 4)}`,
        imageId: `image-${n}`,
        url: `https://photos.example/${n}.jpg`,
        content: null,
        pipeline: null,
        attributes: {},
      },
      {
        lane: 'bulk',
        codec,
        now: Date.now(),
        source: '/fanlight/bench',
        traceparent: continueTrace(undefined, randomHex).traceparent,
        client: `client-${n % clients}`,
      },
    );
  // A broker that has just created its topics refuses records for a while.
  const hold = { signal: new AbortController().signal, clock: systemClock, logger, random: Math.random };
  for (let from = 0; from < count; from += chunk) {
    const events = await Promise.all(Array.from({ length: Math.min(chunk, count - from) }, (_, n) => event(from + n)));
    await publishUntilAcknowledged(publisher, events, hold);
  }

  await withAdmin(kafka, async (admin) => {
    const written = async (topic: string) =>
      (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
    const events = await written(plan.input);
    const [begun, before] = [performance.now(), process.cpuUsage()];
    const services: WorkerServices = {
      kafka,
      publisher,
      codec,
      clock: systemClock,
      seal: createSeal(),
      logger,
      metrics: createMetrics(),
      random: Math.random,
      randomHex,
      onFatal(error) {
        throw error;
      },
    };
    const worker = await startConsumption(await shareConsumption(plan, topology, services), services);
    while ((await written(queue)) < events) await delay(50);
    const [seconds, cpu] = [(performance.now() - begun) / 1_000, process.cpuUsage(before)];
    await worker.stop(1_000);
    process.stdout.write(
      `${events} events of ${clients} clients in ${seconds.toFixed(1)} s on ${availableParallelism()} cores: ${Math.round(events / seconds)} events/s, ${((cpu.user + cpu.system) / 1_000 / events).toFixed(3)} ms CPU per event in the worker\n`,
    );
  });
  await publisher.close();
}

await main();
