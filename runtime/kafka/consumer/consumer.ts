import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { sleep, type Clock } from '../../../primitives/clock.js';
import { createWindow } from '../../../primitives/window.js';
import type { Message } from '../../records/message.js';
import { Assignment } from './assignment.js';
import { joinGroup } from './group-member.js';
import { createInFlight } from './in-flight.js';
import { HandedBack } from './handed-back.js';
import { createIntake, type Gate } from './intake.js';
import { createOrderedCommits } from './ordered-commits.js';
import type { Fetched } from './read-ahead.js';
import { fetchSettings, type FetchMode } from './fetch-mode.js';

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
  /**
   * Resolves once all output records are acknowledged. The signal aborts when the partition is revoked. Records of a
   * partition come in the order of their offsets; `next` is the offset to commit after this one.
   */
  readonly process: (message: Message, signal: AbortSignal, next: bigint) => Promise<void>;
  /** Present: `process` commits the offsets, and the consumer does not. */
  readonly ownCommits?: OwnCommits;
  /** Receives a failure that no record has caused. The worker must then stop. */
  readonly onFatal: (error: unknown) => void;
  readonly clock: Clock;
  /** Returns 0..1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly onRestart?: (reason: string) => void;
}

export interface OwnCommits {
  /** Commits that no record lies before the offset `next`. The signal aborts when the partition is revoked. */
  pass(topic: string, partition: number, next: bigint, signal: AbortSignal): Promise<void>;
  /** Commits the offsets that wait for it. Never rejects. */
  flush(signal: AbortSignal): Promise<void>;
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
  const window = createWindow(options.window);
  const inFlight = createInFlight(clock);
  let assignment = new Assignment();
  const stopping = new AbortController();
  const leaving = new AbortController();
  let lastProgressAt = clock.now();
  const commits = createOrderedCommits({
    clock,
    assignment: () => assignment,
    write: (offsets) => member.commit(offsets),
    onRefused: (error) => logger.debug({ group, error: (error as Error).message }, 'commit refused'),
  });

  const intake = createIntake({
    fetchMode,
    window,
    gate,
    clock,
    assignment: () => assignment,
    stopping: stopping.signal,
    leaving: leaving.signal,
    accept,
    skip,
  });

  const member = await joinGroup({
    kafka: options.kafka,
    group,
    topics: options.topics,
    fromBeginning: options.fromBeginning,
    fetch: { ...fetchSettings[fetchMode], maxBytes: 16 * 2 ** 20 },
    partitionsConsumedConcurrently: 32,
    eachBatch: intake.eachBatch,
    onEmptyBatch: intake.passEmpty,
    onJoined() {
      assignment = new Assignment();
      lastProgressAt = clock.now();
      if (!options.ownCommits) commits.start();
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
    intake.clear();
    commits.stop();
  }

  /** Work that does not end soon after its abort keeps its place in the window, and the consumer joins without it. */
  async function waitForAborted(): Promise<void> {
    const waited = new AbortController();
    await Promise.race([window.empty(), sleep(clock, abortedMs, waited.signal).catch(() => undefined)]);
    waited.abort();
  }

  /** Starts the work on a record that has a place in the window. */
  function accept({ message, next }: Fetched, bytes: number): void {
    const done = assignment.accept(message, next);
    lastProgressAt = clock.now();
    void processOne(message, bytes, next, done);
  }

  function skip(topic: string, partition: number, next: bigint): void {
    const { signal } = assignment;
    if (!options.ownCommits) return assignment.skip(topic, partition, next);
    options.ownCommits.pass(topic, partition, next, signal).catch((error: unknown) => fail(error, signal));
  }

  /** Aborted work was handed back on purpose: its offset stays uncommitted, and the record is redelivered. */
  function fail(error: unknown, { aborted }: AbortSignal): void {
    if (aborted) return;
    if (!(error instanceof HandedBack)) return options.onFatal(error);
    logger.warn({ group, error: error.message }, 'the consumer gives its partitions back, and joins its group again');
    void member.restart('handed-back');
  }

  async function processOne(message: Message, bytes: number, next: bigint, done: () => void): Promise<void> {
    const { signal } = assignment;
    const end = inFlight.begin(signal);
    try {
      await options.process(message, signal, next);
      done();
      lastProgressAt = clock.now();
    } catch (error) {
      fail(error, signal);
    } finally {
      end();
      window.release(bytes);
      intake.acceptInTurn();
    }
  }

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
      stopping.abort();
      member.stopRestarts();
      const grace = new AbortController();
      await Promise.race([window.empty(), sleep(clock, graceMs, grace.signal).catch(() => undefined)]);
      grace.abort();
      commits.stop();
      await (options.ownCommits ? options.ownCommits.flush(assignment.signal) : commits.commit());
      leaving.abort();
      await member.leave(); // revokes the rest
    },
  };
}
