import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createKafka } from '../../../../runtime/kafka/client/client.js';
import { createPublisher } from '../../../../runtime/kafka/client/producer.js';
import { fetchLag, totalLag } from '../../../../runtime/kafka/lag/lag.js';
import { readRanges, wholeTopics } from '../../../../runtime/kafka/read/ranges.js';
import { withAdmin } from '../../../../runtime/kafka/topics/admin.js';
import type { DeliveryMode } from '../../../../runtime/services.js';
import { serverAddress } from '../../../support/worker-services.js';

const program = join(import.meta.dirname, 'passing-worker.ts');
const partitions = 2;

export interface Outcome {
  readonly stream: string;
  readonly inputs: number;
  /** Distinct values in the output, as a reader of committed records sees them. */
  readonly distinct: number;
  readonly total: number;
}

/** Streams of records through workers that a test kills and freezes. Each stream is a consumer group. */
export async function openStreams(
  mode: DeliveryMode,
  { streams: count, records }: Record<'streams' | 'records', number>,
) {
  const brokers = serverAddress('KAFKA_BROKERS');
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'test', logger: pino({ level: 'silent' }) });
  const streams = Array.from({ length: count }, () => `tx-${randomUUID().slice(0, 8)}`);
  const workers: ChildProcess[] = [];
  await withAdmin(kafka, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: streams.flatMap((stream) =>
        [`${stream}.in`, `${stream}.out`].map((topic) => ({ topic, numPartitions: partitions })),
      ),
    }),
  );
  const publisher = await createPublisher(kafka);
  await publisher.publish(
    streams.flatMap((stream) =>
      Array.from({ length: records }, (_, index) => ({
        ...{ topic: `${stream}.in`, partition: index % partitions, key: null, headers: {} },
        value: Buffer.from(String(index)),
      })),
    ),
  );
  await publisher.close();

  return {
    /** Starts a worker, and resolves once it has joined all groups. */
    async start(): Promise<ChildProcess> {
      const args = ['--import', 'tsx', program, mode, brokers, streams.join()];
      const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      workers.push(worker);
      await once(worker.stdout, 'data');
      return worker;
    },
    /** Resolves once the groups have finished all records. */
    async finish(): Promise<void> {
      await withAdmin(kafka, async (admin) => {
        const lag = async () =>
          (await Promise.all(streams.map((stream) => fetchLag(admin, `fanlight.${stream}`, [`${stream}.in`])))).reduce(
            (sum, partitionLags) => sum + totalLag(partitionLags),
            0,
          );
        while ((await lag()) > 0) await delay(200);
      });
    },
    async outcomes(): Promise<Outcome[]> {
      return Promise.all(
        streams.map(async (stream) => {
          const values: string[] = [];
          await readRanges(kafka, await wholeTopics(kafka, [`${stream}.out`]), ({ value }) =>
            values.push(String(value)),
          );
          return { stream, inputs: records, distinct: new Set(values).size, total: values.length };
        }),
      );
    },
    async close(): Promise<void> {
      for (const worker of workers) {
        worker.kill('SIGKILL');
        if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
      }
    },
  };
}
