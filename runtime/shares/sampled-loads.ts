import type { Admin, Kafka } from '../kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../../primitives/clock.js';
import { repeat } from '../../primitives/timer-loop.js';
import type { StagePlan } from '../../topology/topology.js';
import type { QueueLoad } from './share-handler.js';
import { fetchLag } from '../kafka/lag/lag.js';

export interface SampledLoadsOptions {
  readonly kafka: Kafka;
  /** The groups that read the queues. */
  readonly queues: readonly Pick<StagePlan, 'group' | 'input'>[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Interval between samples of the lag (ms). This process sees records of other workers, and finished work, with this
 * delay. A queue without lag is not sampled until this process writes a record to it.
 */
const everyMs = 500;

/**
 * Samples the backlog of queues: the lag of their partitions as the brokers report it, plus the records that this
 * process has written since then.
 */
export async function startSampledLoads({
  kafka,
  queues,
  clock,
  logger,
}: SampledLoadsOptions): Promise<{ of(topic: string): QueueLoad; stop(): Promise<void> }> {
  const admin = kafka.admin();
  await admin.connect();
  const loads = new Map(queues.map(({ group, input }) => [input, createLoad(admin, group, input)]));

  async function sample(): Promise<number> {
    try {
      await Promise.all([...loads.values()].map((load) => load.sample()));
    } catch (error) {
      logger.debug({ error: (error as Error).message }, 'the lag of the queues could not be read');
    }
    return everyMs;
  }

  await sample();
  const stopSampling = repeat(clock, everyMs, sample);
  return {
    of: (topic) => loads.get(topic) ?? unknownLoad,
    async stop() {
      void stopSampling();
      await admin.disconnect();
    },
  };
}

/** Load of a queue that clients do not share. */
const unknownLoad: QueueLoad = { waiting: () => 0, add: () => undefined };

function createLoad(admin: Admin, group: string, topic: string): QueueLoad & { sample(): Promise<void> } {
  let lag = new Map<number, number>();
  /** Whether the lag has been read at least once. */
  let sampled = false;
  /** Partition → records that this process has written since `lag` was read. */
  const written = new Map<number, number>();
  return {
    waiting: (partition) => (lag.get(partition) ?? 0) + (written.get(partition) ?? 0),
    add: (partition) => void written.set(partition, (written.get(partition) ?? 0) + 1),
    async sample() {
      if (sampled && ![...lag.values(), ...written.values()].some((count) => count > 0)) return;
      const before = new Map(written);
      const partitions = await fetchLag(admin, group, [topic]);
      sampled = true;
      lag = new Map(partitions.map(({ partition, committed, end }) => [partition, Number(end - committed)]));
      for (const [partition, count] of before) written.set(partition, (written.get(partition) ?? 0) - count);
    },
  };
}
