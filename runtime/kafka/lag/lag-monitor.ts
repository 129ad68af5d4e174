import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../../../primitives/clock.js';
import { every } from '../../../primitives/timer-loop.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { Metrics } from '../../metrics.js';
import { checkProgress, type BrokerView, type Fault, type WatchdogLimits } from './watchdog.js';
import type { RunningConsumer } from '../consumer/consumer.js';
import { fetchLag, totalLag, type PartitionLag } from './lag.js';

export interface LagMonitorOptions extends WatchdogLimits {
  readonly kafka: Kafka;
  readonly consumers: readonly RunningConsumer[];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly everyMs: number;
  /** Receives the failure of a worker whose work ignores its abort. The worker must then stop. */
  readonly onFatal: (error: FanlightError) => void;
}

/** States of a group that does not rebalance. */
const settled: ReadonlySet<string> = new Set(['Stable', 'Empty', 'Dead']);

const messages: Readonly<Record<Fault, string>> = {
  overdue: 'a record has been in flight for too long; restarting the consumer',
  uncommitted: 'no commit of the consumer has succeeded for too long; restarting it',
  'not-a-member': 'the broker does not list the consumer as a member of its group; restarting it',
  stalled: 'the consumer stopped making progress; restarting it',
};

interface CommitSample {
  readonly at: number;
  readonly committed: bigint;
}

/** Publishes each group's lag, and restarts consumers that work in vain or do not work. */
export async function startLagMonitor(options: LagMonitorOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, metrics, logger, patienceMs, recordMs } = options;
  const admin = options.kafka.admin();
  await admin.connect();
  const previous = new Map<string, CommitSample>();

  async function checkAll(): Promise<void> {
    for (const consumer of options.consumers) {
      await checkProgress(consumer, {
        clock,
        patienceMs,
        recordMs,
        askBroker: () => askBroker(consumer),
        onStuck: (forMs) => options.onFatal(stuck(consumer.group, forMs)),
        onFault: (fault, details) => logger.error({ group: consumer.group, fault, ...details }, messages[fault]),
      });
    }
  }

  async function askBroker({ group, topics }: RunningConsumer): Promise<BrokerView> {
    const [lag, members] = await Promise.all([fetchLag(admin, group, topics), membersOf(admin, group)]);
    report(group, lag);
    return { lag: totalLag(lag), members };
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

/** Returns the ids of the members, or undefined while the group rebalances. */
async function membersOf(admin: Admin, name: string): Promise<ReadonlySet<string> | undefined> {
  const { groups } = await admin.describeGroups([name]);
  const group = groups.find(({ groupId }) => groupId === name);
  if (group === undefined || !settled.has(group.state)) return undefined;
  return new Set(group.members.map(({ memberId }) => memberId));
}

function stuck(group: string, forMs: number): FanlightError {
  return new FanlightError({
    code: 'unexpected-error',
    kind: 'fatal',
    message: `Work on a record of ${group} has not ended for ${Math.round(forMs / 1_000)} s, although it was aborted.`,
    remedy: 'Start the worker again, which frees what the work holds; report the operation that ignores its abort.',
  });
}
