import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { sleep, type Clock } from '../../primitives/clock.js';
import { createWindow } from '../../primitives/window.js';
import type { Message } from '../message.js';
import { Assignment } from './assignment.js';
import { toMessage } from './record.js';

export interface ConsumerOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly fromBeginning: boolean;
  /** Bounds of the work held at once; reading pauses at them. */
  readonly window: { readonly items: number; readonly bytes: number };
  /** Resolves when everything that follows from the record is acknowledged: only then may its offset be committed. */
  readonly process: (message: Message, signal: AbortSignal) => Promise<void>;
  /** The worker must stop: the record could not be processed for a reason that is not its own. */
  readonly onFatal: (error: unknown) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRestart?: (reason: string) => void;
}

export interface RunningConsumer {
  readonly group: string;
  /** Joined its group and may receive records. */
  readonly ready: boolean;
  /** Epoch milliseconds of the last record accepted, finished or committed, or of the last (re)join. */
  readonly lastProgressAt: number;
  readonly held: number;
  /** Leaves and joins anew; for the watchdog. */
  restart(reason: string): Promise<void>;
  /** Stops reading, lets held work finish for `graceMs`, commits, aborts the rest (it is redelivered) and leaves. */
  stop(graceMs: number): Promise<void>;
}

const commitEveryMs = 250;
const waitingHeartbeatMs = 500;

/**
 * A consumer that works on many records at once, across its partitions, and commits each partition in order.
 * kafkajs hands over whole batches; a record is accepted into the window at once and its batch returns while it is
 * still worked on, so that the next fetch overlaps with the work. A full window keeps the batch waiting (nothing more
 * is fetched) while heartbeats go on.
 */
export async function startConsumer(options: ConsumerOptions): Promise<RunningConsumer> {
  const { clock, logger, group } = options;
  const window = createWindow(options.window);
  let consumer: Consumer;
  let assignment = new Assignment();
  let work = new AbortController();
  let ready = false;
  let stopping = false;
  let restarting: Promise<void> | undefined;
  let lastProgressAt = clock.now();
  let commits: Promise<void> = Promise.resolve();
  let cancelCommit: () => void = () => undefined;

  async function connect(): Promise<void> {
    consumer = options.kafka.consumer({
      groupId: group,
      sessionTimeout: 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_000,
      maxWaitTimeInMs: 1_000,
      maxBytesPerPartition: 2 * 2 ** 20,
      maxBytes: 16 * 2 ** 20,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 20, restartOnFailure: () => Promise.resolve(!stopping) },
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      assignment = new Assignment();
      ready = true;
      lastProgressAt = clock.now();
    });
    consumer.on(consumer.events.REBALANCING, () => {
      ready = false;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      ready = false;
      if (stopping || payload.restart) return;
      logger.warn({ group, error: payload.error.message }, 'consumer crashed, starting it anew');
      void restart('crash').catch(options.onFatal);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.fromBeginning });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 32,
      eachBatch: acceptBatch,
    });
    commitLater();
  }

  async function acceptBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const mine = assignment;
    for (const record of batch.messages) {
      const bytes = (record.value?.length ?? 0) + (record.key?.length ?? 0);
      while (!window.tryAcquire(bytes)) {
        if (stopping || !isRunning() || isStale()) return;
        await Promise.race([window.freed(), sleep(clock, waitingHeartbeatMs)]);
        await heartbeat();
      }
      if (stopping || !isRunning() || isStale() || mine !== assignment) {
        window.release(bytes);
        return;
      }
      const done = mine.accept(batch.topic, batch.partition, BigInt(record.offset));
      resolveOffset(record.offset);
      lastProgressAt = clock.now();
      void processOne(toMessage(batch.topic, batch.partition, record), bytes, done);
    }
    await heartbeat();
  }

  async function processOne(message: Message, bytes: number, done: () => void): Promise<void> {
    const { signal } = work;
    try {
      await options.process(message, signal);
      done();
      lastProgressAt = clock.now();
    } catch (error) {
      // Aborted work was handed back on purpose; its offset stays uncommitted and the record comes again.
      if (!signal.aborted) options.onFatal(error);
    } finally {
      window.release(bytes);
    }
  }

  function commit(): Promise<void> {
    commits = commits.then(async function commitFinished() {
      const mine = assignment;
      const offsets = mine.committable();
      if (offsets.length === 0) return;
      try {
        await consumer.commitOffsets(offsets);
        mine.committed(offsets);
      } catch (error) {
        // The group moved on (rebalance, restart): whoever has the partition now repeats the work. Tried again if we do.
        logger.debug({ group, error: (error as Error).message }, 'commit refused');
      }
    });
    return commits;
  }

  function commitLater(): void {
    cancelCommit = clock.schedule(commitEveryMs, function commitNow() {
      void commit().then(commitLater);
    });
  }

  async function disconnect(): Promise<void> {
    cancelCommit();
    ready = false;
    await consumer.disconnect();
  }

  function restart(reason: string): Promise<void> {
    restarting ??= (async function restartConsumer() {
      options.onRestart?.(reason);
      work.abort(new Error(`consumer of ${group} restarts: ${reason}`));
      work = new AbortController();
      await disconnect();
      await window.empty();
      if (!stopping) await connect();
    })().finally(() => {
      restarting = undefined;
    });
    return restarting;
  }

  await connect();
  return {
    group,
    get ready() {
      return ready;
    },
    get lastProgressAt() {
      return lastProgressAt;
    },
    get held() {
      return window.held;
    },
    restart,
    async stop(graceMs) {
      stopping = true;
      await restarting;
      const grace = new AbortController();
      await Promise.race([window.empty(), sleep(clock, graceMs, grace.signal).catch(() => undefined)]);
      grace.abort();
      work.abort(new Error(`worker of ${group} stops`));
      cancelCommit();
      await commit();
      await disconnect();
    },
  };
}
