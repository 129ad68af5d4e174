import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { sleep, type Clock } from '../../../primitives/clock.js';
import { createWindow } from '../../../primitives/window.js';
import { bytesOf, type Message } from '../../records/message.js';
import { Assignment } from './assignment.js';
import { joinGroup } from './group-member.js';
import { createInFlight } from './in-flight.js';
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
  /** Time (ms) for which `process` holds a record on purpose, before it works on it. Default: 0. */
  readonly holdsMs?: number;
  /** Resolves once all output records are acknowledged. The signal aborts when the partition is revoked. */
  readonly process: (message: Message, signal: AbortSignal) => Promise<void>;
  /** Receives a failure that no record has caused. The worker must then stop. */
  readonly onFatal: (error: unknown) => void;
  readonly clock: Clock;
  /** Returns 0..1. */
  readonly random: () => number;
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
  /** Whether the consumer is a member of its group by the last heartbeat, and may receive records. */
  readonly ready: boolean;
  /** Its id in the group while it is a member. */
  readonly memberId: string | undefined;
  /** Time (epoch ms) at which the last record was accepted or finished, or of the last (re)join. */
  readonly lastProgressAt: number;
  /** Number of records in flight. */
  readonly held: number;
  /** Time (epoch ms) at which the work on the oldest record in flight began or is due to begin. */
  readonly oldestHeldAt: number | undefined;
  /** Time (epoch ms) at which the oldest work began that goes on although it was aborted. */
  readonly oldestAbortedAt: number | undefined;
  /** Time (epoch ms) since which finished records wait for their commit. */
  readonly uncommittedSince: number | undefined;
  /** Leaves the group and joins it again; for the watchdog. Never rejects. */
  restart(reason: string): Promise<void>;
  /** Stops reading, drains for at most `graceMs`, aborts the rest (it is redelivered), commits and leaves the group. */
  stop(graceMs: number): Promise<void>;
}

const waitingHeartbeatMs = 500;
/** Longest wait for aborted work before the consumer joins its group again (ms). */
const abortedMs = 5_000;

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
  const inFlight = createInFlight(clock);
  let assignment = new Assignment();
  const leaving = new AbortController();
  let stopping = false;
  let lastProgressAt = clock.now();
  const commits = createOrderedCommits({
    clock,
    assignment: () => assignment,
    write: (offsets) => member.commit(offsets),
    onRefused: (error) => logger.debug({ group, error: (error as Error).message }, 'commit refused'),
  });

  const member = await joinGroup({
    kafka: options.kafka,
    group,
    topics: options.topics,
    fromBeginning: options.fromBeginning,
    fetch: { ...fetchSettings[fetchMode], maxBytes: 16 * 2 ** 20 },
    partitionsConsumedConcurrently: 32,
    eachBatch: fetchMode === 'round-robin' ? readAhead : acceptBatch,
    onJoined() {
      assignment = new Assignment();
      lastProgressAt = clock.now();
      commits.start();
    },
    onRevoked: revoke,
    beforeRejoin: waitForAborted,
    clock,
    random: options.random,
    logger,
    ...(options.onRestart ? { onRestart: options.onRestart } : {}),
  });

  function revoke(reason: string): void {
    assignment.revoke(`the partitions of ${group} were revoked: ${reason}`);
    ahead.clear();
    commits.stop();
  }

  /** Work that does not end soon after its abort keeps its place in the window, and the consumer joins without it. */
  async function waitForAborted(): Promise<void> {
    const waited = new AbortController();
    await Promise.race([window.empty(), sleep(clock, abortedMs, waited.signal).catch(() => undefined)]);
    waited.abort();
  }

  async function acceptBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const mine = assignment;
    const ended = () => stopping || mine.revoked || !isRunning() || isStale();
    for (const record of batch.messages) {
      const message = toMessage(batch.topic, batch.partition, record);
      const bytes = bytesOf(message);
      while (!ended() && !window.tryAcquire(bytes)) {
        await Promise.race([window.freed(), sleep(clock, waitingHeartbeatMs)]);
        await heartbeat();
      }
      if (!isRunning() || isStale()) return;
      if (ended()) return refuseBatch(heartbeat);
      accept(message, bytes);
      resolveOffset(record.offset);
    }
    await heartbeat();
  }

  /** kafkajs fetches a refused batch again at once. The pause keeps that from becoming a busy loop. */
  async function refuseBatch(heartbeat: () => Promise<void>): Promise<void> {
    await sleep(clock, waitingHeartbeatMs, leaving.signal).catch(() => undefined);
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
    if (!last || !isRunning() || isStale()) return;
    if (stopping || assignment.revoked) return refuseBatch(heartbeat);
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
    for (let message = ahead.peek(); message && mayAccept(); message = ahead.peek()) {
      const bytes = bytesOf(message);
      if (!window.tryAcquire(bytes)) return;
      ahead.take();
      accept(message, bytes);
    }
  }

  function mayAccept(): boolean {
    return !assignment.revoked && !stopping && gate?.open !== false;
  }

  /** Starts the work on a record that has a place in the window. */
  function accept(message: Message, bytes: number): void {
    const done = assignment.accept(message.topic, message.partition, message.offset);
    lastProgressAt = clock.now();
    void processOne(message, bytes, done);
  }

  async function processOne(message: Message, bytes: number, done: () => void): Promise<void> {
    const { signal } = assignment;
    const end = inFlight.begin(signal);
    try {
      await options.process(message, signal);
      done();
      lastProgressAt = clock.now();
    } catch (error) {
      // Aborted work was handed back on purpose: its offset stays uncommitted, and the record is redelivered.
      if (!signal.aborted) options.onFatal(error);
    } finally {
      end();
      window.release(bytes);
      acceptInTurn();
    }
  }

  gate?.onOpen(acceptInTurn);
  return {
    group,
    topics: options.topics,
    get ready() {
      return member.current;
    },
    get memberId() {
      return member.memberId;
    },
    get lastProgressAt() {
      // A closed gate keeps records out on purpose, so the consumer is not stalled.
      return gate?.open === false ? clock.now() : lastProgressAt;
    },
    get held() {
      return window.held;
    },
    get oldestHeldAt() {
      const { oldestAt } = inFlight;
      return oldestAt === undefined ? undefined : oldestAt + (options.holdsMs ?? 0);
    },
    get oldestAbortedAt() {
      return inFlight.oldestAbortedAt;
    },
    get uncommittedSince() {
      return commits.waitingSince;
    },
    restart: member.restart,
    async stop(graceMs) {
      stopping = true;
      member.stopRestarts();
      const grace = new AbortController();
      await Promise.race([window.empty(), sleep(clock, graceMs, grace.signal).catch(() => undefined)]);
      grace.abort();
      commits.stop();
      await commits.commit();
      leaving.abort();
      await member.leave(); // revokes the rest
    },
  };
}
