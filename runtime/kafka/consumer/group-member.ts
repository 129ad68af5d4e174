import type { Consumer, ConsumerConfig, ConsumerRunConfig, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { backoffMs } from '../../../primitives/backoff.js';
import { sleep, type Clock } from '../../../primitives/clock.js';
import { until, type Backoff } from '../../../primitives/retry-loop.js';
import { repeat } from '../../../primitives/timer-loop.js';
import { rootCause } from '../client/broker-error.js';
import { onEmptyBatch, type EmptyBatchListener } from '../client/empty-batches.js';
import type { CommittableOffset } from './assignment.js';
import { createMembership, membershipTimes } from './membership.js';

/** Partitions of each topic. */
export type Partitions = Readonly<Record<string, readonly number[]>>;

export interface GroupMemberOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly fromBeginning: boolean;
  /** Settings of kafkajs for fetches. */
  readonly fetch: Pick<ConsumerConfig, 'maxWaitTimeInMs' | 'minBytes' | 'maxBytes' | 'maxBytesPerPartition'>;
  readonly partitionsConsumedConcurrently: number;
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /** Receives what `eachBatch` does not: a batch without a record for us. Reading continues at `next`. */
  readonly onEmptyBatch?: EmptyBatchListener;
  onJoined(partitions: Partitions): void;
  /**
   * Called when the partitions are revoked. The eager protocol of kafkajs revokes all partitions at each rebalance, and
   * reads those that stay from their committed offsets again.
   */
  onRevoked(reason: string): void;
  /** Called when the consumer is closed, before it joins again. */
  beforeRejoin?(): Promise<void>;
  readonly clock: Clock;
  /** Returns 0..1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly onRestart?: (reason: string) => void;
}

export interface GroupMember {
  /** Whether it is a member of its group by the last answer of the broker. */
  readonly current: boolean;
  readonly memberId: string | undefined;
  /** Aborts when the member stops. */
  readonly stopped: AbortSignal;
  /** Rejects when the broker refuses the offsets. */
  commit(offsets: readonly CommittableOffset[]): Promise<void>;
  seek(topic: string, partition: number, offset: string): void;
  /**
   * Leaves the group and joins it again, with back-off until it succeeds. Never rejects. Restarts in quick succession
   * are delayed too. A call during a restart shares it.
   */
  restart(reason: string): Promise<void>;
  /** From now on, it does not restart. */
  stopRestarts(): void;
  /** Leaves the group. Waits for at most 10 s for a broker that does not answer. */
  leave(): Promise<void>;
}

/** One kafkajs consumer. Each restart creates another one. */
interface Session {
  readonly consumer: Consumer;
  crash: Error | undefined;
  closed: boolean;
}

const checkEveryMs = 1_000;
/** Longest wait for a kafkajs consumer to end (ms). Its requests to a frozen broker may last longer. */
const closeMs = 10_000;
const backoff: Backoff = { baseMs: 250, maxMs: 30_000, jitter: 0.5 };
/** A consumer that stayed in its group for this long has recovered (ms). Its next restart is not delayed. */
const recoveredMs = 60_000;

/** Joins a consumer group. Restarts the consumer when it has lost its membership and does not regain it by itself. */
export async function joinGroup(options: GroupMemberOptions): Promise<GroupMember> {
  const { clock, random, logger, group } = options;
  const stopping = new AbortController();
  const membership = createMembership(clock, options.onRevoked);
  let session: Session;
  let joins = 0;
  let restarting: Promise<void> | undefined;
  /** Restarts in quick succession. */
  let restarts = 0;
  let restartedAt = -Infinity;

  async function connect(): Promise<void> {
    const consumer = options.kafka.consumer({
      groupId: group,
      ...membershipTimes,
      ...options.fetch,
      allowAutoTopicCreation: false,
      // kafkajs would restart without back-off, and would not tell whether it has joined.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 20,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    const own: Session = { consumer, crash: undefined, closed: false };
    session = own;
    /** kafkajs may go on after a stop (its issue 1593). An error that it does not retry ends such a consumer. */
    function refuseFormer(): void {
      if (own.closed) throw Object.assign(new Error('this consumer was replaced'), { retriable: false });
    }

    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      refuseFormer();
      joins += 1;
      membership.joined(payload.memberId);
      options.onJoined(payload.memberAssignment);
    });
    consumer.on(consumer.events.HEARTBEAT, ({ payload }) => {
      if (!own.closed) membership.heard(payload.memberId, payload.groupGenerationId);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      if (!own.closed) membership.left('rebalancing');
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (own.closed) return;
      own.crash = payload.error;
      membership.left('crash');
      logger.warn({ group, error: payload.error.message }, 'the consumer crashed; restarting it');
      void restart('crash');
    });
    onEmptyBatch(consumer, (topic, partition, next) => {
      if (!own.closed) options.onEmptyBatch?.(topic, partition, next);
    });
    const run: ConsumerRunConfig = {
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: options.partitionsConsumedConcurrently,
      async eachBatch(payload) {
        refuseFormer();
        await options.eachBatch(payload);
      },
    };
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.fromBeginning });
    await consumer.run(run);
  }

  async function connectAgain(): Promise<void> {
    try {
      await connect();
      stopping.signal.throwIfAborted();
      if (session.crash) throw session.crash;
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** Ends the kafkajs consumer. Gives up the wait when a broker does not answer. */
  async function close(): Promise<void> {
    membership.left('closed');
    session.closed = true;
    const waited = new AbortController();
    await Promise.race([
      session.consumer.disconnect().catch((error: Error) => {
        logger.debug({ group, error: error.message }, 'the former consumer did not end cleanly');
      }),
      sleep(clock, closeMs, waited.signal).catch(() => undefined),
    ]);
    waited.abort();
  }

  function restart(reason: string): Promise<void> {
    if (stopping.signal.aborted) return restarting ?? Promise.resolve();
    restarting ??= rejoin(reason).finally(() => {
      restarting = undefined;
    });
    return restarting;
  }

  async function rejoin(reason: string): Promise<void> {
    const { signal } = stopping;
    options.onRestart?.(reason);
    membership.left('closed');
    restarts = clock.now() - restartedAt < recoveredMs ? restarts + 1 : 0;
    try {
      await close();
      await options.beforeRejoin?.();
      if (restarts > 0)
        await sleep(clock, backoffMs(restarts, backoff, 1 - backoff.jitter + backoff.jitter * random()), signal);
      if (signal.aborted) return;
      await until(connectAgain, {
        clock,
        random,
        backoff,
        signal,
        onRetry: (error, attempt) =>
          logger.warn({ group, attempt, error: rootCause(error).message }, 'the consumer could not join; retrying'),
      });
    } catch (error) {
      // Only the stop of the member ends the back-off.
      if (!signal.aborted) throw error;
    } finally {
      restartedAt = clock.now();
    }
  }

  function check(): void {
    const fault = membership.fault();
    if (fault === undefined || restarting || stopping.signal.aborted) return;
    logger.warn({ group, reason: fault }, 'the consumer is not a member of its group; it leaves and joins again');
    void restart(fault);
  }

  await connect();
  const stopChecks = repeat(clock, checkEveryMs, function checkNow() {
    check();
    return Promise.resolve(checkEveryMs);
  });
  return {
    get current() {
      return membership.current;
    },
    get memberId() {
      return membership.memberId;
    },
    stopped: stopping.signal,
    async commit(offsets) {
      const joined = joins;
      try {
        await session.consumer.commitOffsets([...offsets]);
        if (joined === joins) membership.committed();
      } catch (error) {
        if (joined === joins) membership.commitRefused(rootCause(error).type);
        throw error;
      }
    },
    seek(topic, partition, offset) {
      session.consumer.seek({ topic, partition, offset });
    },
    restart,
    stopRestarts() {
      void stopChecks();
      stopping.abort(new Error(`the consumer of ${group} stops`));
    },
    leave: close,
  };
}
