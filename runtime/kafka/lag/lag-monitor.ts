import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../../../primitives/clock.js';
import { every } from '../../../primitives/timer-loop.js';
import type { Metrics } from '../../metrics.js';
import { checkProgress } from './watchdog.js';
import type { RunningConsumer } from '../consumer/consumer.js';
import { fetchLag, totalLag, type PartitionLag } from './lag.js';

export interface LagMonitorOptions {
  readonly kafka: Kafka;
  readonly consumers: readonly RunningConsumer[];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly everyMs: number;
  /** See `WatchdogOptions`. */
  readonly patienceMs: number;
}

interface CommitSample {
  readonly at: number;
  readonly committed: bigint;
}

/** Publishes each group's lag, and restarts consumers that have lag and make no progress. */
export async function startLagMonitor(options: LagMonitorOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, metrics, logger } = options;
  const admin = options.kafka.admin();
  await admin.connect();
  const previous = new Map<string, CommitSample>();

  async function checkAll(): Promise<void> {
    for (const consumer of options.consumers) {
      const lag = await fetchLag(admin, consumer.group, consumer.topics);
      report(consumer.group, lag);
      await checkProgress(consumer, {
        clock,
        patienceMs: options.patienceMs,
        lag: () => Promise.resolve(totalLag(lag)),
        onStalled: (idleMs, waiting) =>
          logger.error(
            { group: consumer.group, idleMs, lag: waiting },
            'the consumer stopped making progress; restarting it',
          ),
      });
    }
  }

  function report(group: string, lag: readonly PartitionLag[]): void {
    for (const topic of new Set(lag.map((partition) => partition.topic))) {
      metrics.groupLag.set({ group, topic }, totalLag(lag.filter((partition) => partition.topic === topic)));
    }
    const now = { at: clock.now(), committed: lag.reduce((sum, { committed }) => sum + committed, 0n) };
    const before = previous.get(group);
    previous.set(group, now);
    if (!before || now.at <= before.at) return;
    const perSecond = Number(now.committed - before.committed) / ((now.at - before.at) / 1_000);
    const waiting = totalLag(lag);
    metrics.groupLagSeconds.set({ group }, waiting === 0 ? 0 : perSecond > 0 ? waiting / perSecond : Infinity);
  }

  const stopChecks = every(clock, options.everyMs, checkAll, (error) => {
    logger.warn({ error: (error as Error).message }, 'the lag could not be read');
  });
  return {
    async stop() {
      void stopChecks();
      await admin.disconnect();
    },
  };
}
