/**
 * `npm run bench:delivery [-- --count N --partitions N --rounds N --work MS --every MS
 * --rate N]`: cost of the delivery modes.
 *
 * One consumer passes records from topic to topic over a real broker, with each mode in turn. Prints the records per
 * second, the CPU of this process and of the broker for each record, and the cost and time of a record that is alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { randomHex } from '../../processes/services.js';
import { startPlatform } from '../../local/servers/platform.js';
import { FREE_PORTS } from '../../local/servers/port-numbers.js';
import { systemClock as clock } from '../../primitives/clock.js';
import { withAdmin } from '../../runtime/kafka/topics/admin.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import { createKafka } from '../../runtime/kafka/client/client.js';
import { createPublisher } from '../../runtime/kafka/client/producer.js';
import { followTopics } from '../../runtime/kafka/read/topic-follower.js';
import { startConsumption } from '../../runtime/consumption/loop.js';
import { createMemoryCodec } from '../../runtime/memory/memory-codec.js';
import { createMetrics } from '../../runtime/metrics.js';
import type { OutgoingMessage } from '../../runtime/records/message.js';
import { createSeal } from '../../runtime/records/seal.js';
import { deliveryModes, type DeliveryMode, type WorkerServices } from '../../runtime/services.js';
import { say } from '../support/deployment.js';
import { usageOf, usedBetween } from '../support/processes.js';
import { percentile } from '../support/statistics.js';

/** With a time between transactions, each record that is alone waits for it. */
const aloneRecordsAt = (every: number) => (every === 0 ? 200 : 5);

interface Options {
  readonly brokers: readonly string[];
  /** Process id of the broker. */
  readonly broker: number;
  readonly count: number;
  readonly partitions: number;
  /** Time (ms) for which the handler holds each record. */
  readonly work: number;
  /** Least time between two transactions (ms). */
  readonly every: number;
  /** Records per second that are written; 0: all at once. */
  readonly rate: number;
}

interface Figures {
  readonly perSecond: number;
  /** CPU time of this process, which also writes and counts the records (ms for each record). */
  readonly cpuMs: number;
  readonly brokerMs: number;
  /** CPU time of both processes for a record that is alone (ms). It has a transaction of its own. */
  readonly aloneMs: number;
  /** From topic to topic, without load (ms). */
  readonly p50: number;
  readonly p99: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '5000' },
      partitions: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      work: { type: 'string', default: '0' },
      every: { type: 'string', default: '0' },
      rate: { type: 'string', default: '0' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'fanlight-bench-'));
  say(`starting Kafka in ${folder}`);
  const platform = await startPlatform({ dataDir: folder, ports: FREE_PORTS, parts: ['kafka'] });
  try {
    const options: Options = {
      ...{ brokers: platform.addresses.kafkaBrokers, broker: platform.pids.kafka ?? 0 },
      ...{ count: Number(values.count), partitions: Number(values.partitions), work: Number(values.work) },
      every: Number(values.every),
      rate: Number(values.rate),
    };
    await measure('warm-up', 'transactions', options);
    const rounds = Array.from({ length: Number(values.rounds) }, (_, index) => index + 1);
    for (const round of rounds) {
      const all: Figures[] = [];
      for (const mode of deliveryModes) all.push(await measure(String(round), mode, options));
      for (const [index, figures] of all.entries()) print(`round ${round}, ${deliveryModes[index] ?? ''}`, figures);
      const [plain, transactions] = all;
      if (plain && transactions)
        process.stdout.write(`round ${round}, ratio: ${(transactions.perSecond / plain.perSecond).toFixed(2)}\n`);
    }
  } finally {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(name: string, { perSecond, cpuMs, brokerMs, aloneMs, p50, p99 }: Figures): void {
  process.stdout.write(
    `${name}: ${perSecond.toFixed(0)} records/s; CPU ${cpuMs.toFixed(2)} ms, broker ${brokerMs.toFixed(2)} ms; ` +
      `alone CPU ${aloneMs.toFixed(1)} ms, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms\n`,
  );
}

async function measure(round: string, delivery: DeliveryMode, options: Options): Promise<Figures> {
  const { brokers, broker, count, partitions, work, every, rate } = options;
  const logger = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));
  const kafka = createKafka({ brokers, clientId: 'bench', logger });
  const [input, output] = [`in.${delivery}.${round}`, `out.${delivery}.${round}`];
  await withAdmin(kafka, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [input, output].map((topic) => ({ topic, numPartitions: partitions })),
    }),
  );
  const services: WorkerServices = {
    ...{ kafka, clock, logger, delivery, randomHex, random: Math.random },
    ...{ publisher: await createPublisher(kafka), codec: createMemoryCodec(), metrics: createMetrics() },
    seal: createSeal(),
    onFatal: (error) => {
      throw error;
    },
  };
  // A broker that has just created a topic refuses records and questions for a while.
  await publishUntilAcknowledged(services.publisher, recordsFor(output, partitions, partitions), {
    ...{ clock, logger, random: Math.random, signal: new AbortController().signal },
  });
  let done = 0;
  let onDone: () => void = () => undefined;
  const follower = await followTopics({
    ...{
      kafka,
      logger,
      metrics: services.metrics,
      topics: [output],
      from: 'end',
      name: `bench.${delivery}.${round}`,
      clock,
    },
    onMessage() {
      done += 1;
      onDone();
      return Promise.resolve();
    },
  });
  const consumer = await startConsumption(
    {
      ...{ kind: 'records', group: `g.${delivery}.${round}`, topics: [input], stage: 'bench', laneOf: () => 'bulk' },
      ...{ failures: { kind: 'stop' }, window: { items: 128, bytes: 2 ** 27 }, transactionsEveryMs: every },
      async handler({ key, value, headers }) {
        if (work > 0) await delay(work);
        return [{ topic: output, key, value, headers }];
      },
    },
    services,
  );
  const send = (records: number) => services.publisher.publish(recordsFor(input, records, partitions));
  const arrived = (records: number) =>
    new Promise<void>((resolve) => {
      const goal = done + records;
      onDone = () => {
        if (done >= goal) resolve();
      };
    });
  const pass = (records: number) => Promise.all([arrived(records), send(records)]);

  async function passInTime(): Promise<void> {
    const all = arrived(count);
    const begunAt = performance.now();
    for (let sent = 0; sent < count; sent += 1) {
      await delay(begunAt + (sent * 1_000) / rate - performance.now());
      const [record] = recordsFor(input, 1, partitions);
      await services.publisher.publish([{ ...(record as OutgoingMessage), partition: sent % partitions }]);
    }
    await all;
  }

  await pass(partitions * 4); // opens what the first records open
  const usage = () =>
    usageOf([
      { name: 'broker', pid: broker },
      { name: 'own', pid: process.pid },
    ]);
  const before = usage();
  const begun = performance.now();
  await (rate === 0 ? pass(count) : passInTime());
  const seconds = (performance.now() - begun) / 1_000;
  const used = usedBetween(before, usage());
  const cpu = (name: string) => ((used.find((entry) => entry.name === name)?.cpuSeconds ?? NaN) * 1_000) / count;
  const alone: number[] = [];
  const beforeAlone = usage();
  while (alone.length < aloneRecordsAt(every)) {
    await delay(10);
    const sentAt = performance.now();
    await pass(1);
    alone.push(performance.now() - sentAt);
  }
  const usedAlone = usedBetween(beforeAlone, usage()).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  await consumer.stop(5_000);
  await follower.close();
  await services.publisher.close();
  return {
    ...{ perSecond: count / seconds, cpuMs: cpu('own'), brokerMs: cpu('broker') },
    aloneMs: (usedAlone * 1_000) / aloneRecordsAt(every),
    ...{ p50: percentile(alone, 0.5), p99: percentile(alone, 0.99) },
  };
}

function recordsFor(topic: string, count: number, partitions: number): OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ topic, key: null, headers: {}, partition: index % partitions, value: Buffer.alloc(1_000) },
  }));
}

await main();
