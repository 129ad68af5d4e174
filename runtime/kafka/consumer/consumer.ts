import { setMaxListeners } from 'node:events';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { sleep, type Clock } from '../../../primitives/clock.js';
import { createWindow } from '../../../primitives/window.js';
import { bytesOf, type Message } from '../../records/message.js';
import { Assignment } from './assignment.js';
import { createOrderedCommits } from './ordered-commits.js';
import { createReadAhead } from './read-ahead.js';
import { fetchSettings, type FetchMode } from './fetch-mode.js';
import { toMessage } from '../client/record.js';

export interface ConsumerOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly fromBeginning: boolean;
  /** Default: `batches`. */
  readonly fetchMode?: FetchMode;
  /** A closed gate keeps records out of the window. Only `round-robin` supports it. */
  readonly gate?: Gate;
  /** Bounds of the records in flight: count, and bytes of keys and values. Reading pauses at them. */
  readonly window: { readonly items: number; readonly bytes: number };
  /** Resolves once all output records are acknowledged. Only then may the offset be committed. */
  readonly process: (message: Message, signal: AbortSignal) => Promise<void>;
  /** Receives a failure that no record has caused. The worker must then stop. */
  readonly onFatal: (error: unknown) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRestart?: (reason: string) => void;
}

export interface Gate {
  readonly open: boolean;
  onOpen(listener: () => void): void;
}

export interface RunningConsumer {
  readonly group: string;
  readonly topics: readonly string[];
  /** Whether the consumer has joined its group and may receive records. */
  readonly ready: boolean;
  /** Time (epoch ms) at which the last record was accepted or finished, or of the last (re)join. */
  readonly lastProgressAt: number;
  /** Number of records in flight. */
  readonly held: number;
  /** Leaves the group and joins it again; for the watchdog. */
  restart(reason: string): Promise<void>;
  /** Stops reading, drains for at most `graceMs`, aborts the rest (it is redelivered), commits and leaves the group. */
  stop(graceMs: number): Promise<void>;
}

/** One controller aborts all work. Its signal has no limit of listeners, because each record in flight may listen. */
function beginWork(): AbortController {
  const work = new AbortController();
  setMaxListeners(0, work.signal);
  return work;
}

const waitingHeartbeatMs = 500;

/**
 * Starts a consumer that processes records of all its partitions concurrently, and commits each partition in order.
 * kafkajs delivers whole batches. A batch returns once its records are in the window, before they are finished, so that
 * the next fetch overlaps with the work. A full window holds the batch and thereby further fetches, but heartbeats
 * continue.
 */
export async function startConsumer(options: ConsumerOptions): Promise<RunningConsumer> {
  const { clock, logger, group, fetchMode = 'batches', gate } = options;
  const ahead = createReadAhead();
  const window = createWindow(options.window);
  let consumer: Consumer;
  let assignment = new Assignment();
  let work = beginWork();
  let ready = false;
  let stopping = false;
  let restarting: Promise<void> | undefined;
  let lastProgressAt = clock.now();
  const commits = createOrderedCommits({
    clock,
    assignment: () => assignment,
    write: (offsets) => consumer.commitOffsets(offsets),
    onRefused: (error) => logger.debug({ group, error: (error as Error).message }, 'commit refused'),
  });

  async function connect(): Promise<void> {
    consumer = options.kafka.consumer({
      groupId: group,
      sessionTimeout: 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_000,
      ...fetchSettings[fetchMode],
      maxBytes: 16 * 2 ** 20,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 20,
        restartOnFailure: () => Promise.resolve(!stopping),
      },
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      assignment = new Assignment();
      ahead.clear();
      ready = true;
      lastProgressAt = clock.now();
    });
    consumer.on(consumer.events.REBALANCING, () => {
      ready = false;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      ready = false;
      if (stopping || payload.restart) return;
      logger.warn({ group, error: payload.error.message }, 'the consumer crashed; restarting it');
      void restart('crash').catch(options.onFatal);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.fromBeginning });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 32,
      eachBatch: fetchMode === 'round-robin' ? readAhead : acceptBatch,
    });
    commits.start();
  }

  async function acceptBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const mine = assignment;
    for (const record of batch.messages) {
      const message = toMessage(batch.topic, batch.partition, record);
      const bytes = bytesOf(message);
      while (!window.tryAcquire(bytes)) {
        if (stopping || !isRunning() || isStale()) return;
        await Promise.race([window.freed(), sleep(clock, waitingHeartbeatMs)]);
        await heartbeat();
      }
      if (stopping || !isRunning() || isStale() || mine !== assignment) {
        window.release(bytes);
        return;
      }
      accept(message, bytes);
      resolveOffset(record.offset);
    }
    await heartbeat();
  }

  async function readAhead({
    batch,
    resolveOffset,
    heartbeat,
    pause,
    isRunning,
    isStale,
  }: EachBatchPayload): Promise<void> {
    const last = batch.messages.at(-1);
    if (!last || stopping || !isRunning() || isStale()) return;
    ahead.add(
      batch.partition,
      batch.messages.map((record) => toMessage(batch.topic, batch.partition, record)),
      pause(),
    );
    resolveOffset(last.offset);
    acceptInTurn();
    await heartbeat();
  }

  function acceptInTurn(): void {
    for (let message = ahead.peek(); message && ready && !stopping && gate?.open !== false; message = ahead.peek()) {
      const bytes = bytesOf(message);
      if (!window.tryAcquire(bytes)) return;
      ahead.take();
      accept(message, bytes);
    }
  }

  /** Starts the work on a record that has a place in the window. */
  function accept(message: Message, bytes: number): void {
    const done = assignment.accept(message.topic, message.partition, message.offset);
    lastProgressAt = clock.now();
    void processOne(message, bytes, done);
  }

  async function processOne(message: Message, bytes: number, done: () => void): Promise<void> {
    const { signal } = work;
    try {
      await options.process(message, signal);
      done();
      lastProgressAt = clock.now();
    } catch (error) {
      // Aborted work was handed back on purpose: its offset stays uncommitted, and the record is redelivered.
      if (!signal.aborted) options.onFatal(error);
    } finally {
      window.release(bytes);
      acceptInTurn();
    }
  }

  async function disconnect(): Promise<void> {
    commits.stop();
    ready = false;
    await consumer.disconnect();
  }

  function restart(reason: string): Promise<void> {
    restarting ??= (async function restartConsumer() {
      options.onRestart?.(reason);
      work.abort(new Error(`consumer of ${group} restarts: ${reason}`));
      work = beginWork();
      await disconnect();
      await window.empty();
      if (!stopping) await connect();
    })().finally(() => {
      restarting = undefined;
    });
    return restarting;
  }

  gate?.onOpen(acceptInTurn);
  await connect();
  return {
    group,
    topics: options.topics,
    get ready() {
      return ready;
    },
    get lastProgressAt() {
      // A closed gate keeps records out on purpose, so the consumer is not stalled.
      return gate?.open === false ? clock.now() : lastProgressAt;
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
      commits.stop();
      await commits.commit();
      await disconnect();
    },
  };
}
