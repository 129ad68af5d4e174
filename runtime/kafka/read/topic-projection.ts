import type { EachBatchPayload, Kafka } from 'kafkajs';
import { sleep, type Clock } from '../../../primitives/clock.js';
import { repeat, type StopRepeating } from '../../../primitives/timer-loop.js';
import { asFanlightError } from '../../../schemas/failure.js';
import type { Message } from '../../records/message.js';
import type { RunningConsumer } from '../consumer/consumer.js';
import { joinGroup, type Partitions } from '../consumer/group-member.js';
import { createInFlight } from '../consumer/in-flight.js';
import { toMessage } from '../client/record.js';
import type { WorkerServices } from '../../services.js';
import { firstOffsets } from './first-offsets.js';
import { reportSkippedBatch } from './skipped-batch.js';

export interface ProjectionOptions extends Pick<WorkerServices, 'logger' | 'metrics'> {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  /** Next offset that the store expects; undefined: the first retained one. Transient failure: it is unreachable. */
  readonly position: (topic: string, partition: number) => Promise<bigint | undefined>;
  /**
   * Applies the record to the store. Returns false if the position of the store is not `expected`. Rejects with a
   * transient failure while the store is unreachable.
   */
  readonly apply: (message: Message, expected: bigint | undefined) => Promise<boolean>;
  readonly clock: Clock;
  /** Returns 0..1. */
  readonly random: () => number;
  /** Receives a failure of the store that no retry mends. The worker must then stop. */
  readonly onFatal: (error: unknown) => void;
  readonly onRestart?: (reason: string) => void;
}

export interface RunningProjection extends RunningConsumer {
  /** Whether the group has assigned the partition to this process. */
  owns(topic: string, partition: number): boolean;
}

/** Interval between comparisons with the positions of the store (ms). */
const checkEveryMs = 2_000;
const pauseMs = 500;

/**
 * Reads topics into a store, one record of a partition at a time. The store keeps its own positions, so they cannot
 * disagree with its state. When a position of the store has changed (it was emptied, or replaced by an older copy),
 * reading continues from the new position. The consumer group only assigns the partitions.
 */
export async function projectTopics(options: ProjectionOptions): Promise<RunningProjection> {
  const { kafka, group, topics, clock, logger } = options;
  const lows = await firstOffsets(kafka, topics);
  /** Partition → position that the store reported. No entry: the store has not been asked yet. */
  let positions = new Map<string, bigint | undefined>();
  /** Partition → offset behind what the store does not know: undecodable records, and markers of transactions. */
  const passed = new Map<string, bigint>();
  let owned: Partitions = {};
  /** Aborts when the partitions are revoked. */
  let work = new AbortController();
  let stopping = false;
  let lastProgressAt = clock.now();
  const inFlight = createInFlight(clock);
  let stopChecks: StopRepeating = () => Promise.resolve();

  const member = await joinGroup({
    kafka,
    group,
    topics,
    fromBeginning: true,
    fetch: { maxWaitTimeInMs: 500 },
    partitionsConsumedConcurrently: 8,
    eachBatch,
    onEmptyBatch: (topic, partition, next) => void passed.set(placeOf(topic, partition), next),
    onJoined(partitions) {
      positions = new Map();
      passed.clear();
      work = new AbortController();
      owned = partitions;
      lastProgressAt = clock.now();
      restartChecks();
    },
    onRevoked(reason) {
      owned = {};
      work.abort(new Error(`the partitions of ${group} were revoked: ${reason}`));
    },
    clock,
    random: options.random,
    logger,
    ...(options.onRestart ? { onRestart: options.onRestart } : {}),
  });

  /** Retries while the store is unreachable and the partition is not revoked. Heartbeats continue meanwhile. */
  async function askStore<T>(ask: () => Promise<T>, heartbeat: () => Promise<void>, signal: AbortSignal): Promise<T> {
    const done = inFlight.begin(signal);
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await ask();
        } catch (thrown) {
          const error = asFanlightError(thrown);
          if (!error.retryable && !signal.aborted) options.onFatal(error);
          if (!error.retryable || stopping) throw error;
          if (attempt === 1 || attempt % 20 === 0) logger.warn({ group, attempt, code: error.code }, error.message);
        }
        await sleep(clock, pauseMs, signal);
        await heartbeat();
      }
    } finally {
      done();
    }
  }

  function goTo(topic: string, partition: number, position: bigint | undefined): void {
    const place = placeOf(topic, partition);
    positions.set(place, position);
    passed.delete(place);
    member.seek(topic, partition, position === undefined ? (lows.get(place) ?? '0') : String(position));
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { signal } = work;
    try {
      await applyBatch(payload, signal);
    } catch (error) {
      // The next owner of the partition continues from the position of the store.
      if (!signal.aborted) throw error;
    }
  }

  async function applyBatch(
    { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload,
    signal: AbortSignal,
  ): Promise<void> {
    const { topic, partition } = batch;
    const place = placeOf(topic, partition);
    const askPosition = () => askStore(() => options.position(topic, partition), heartbeat, signal);
    if (!positions.has(place)) {
      const position = await askPosition();
      signal.throwIfAborted();
      positions.set(place, position);
      if (position !== undefined && position !== BigInt(batch.firstOffset() ?? batch.messages[0]?.offset ?? 0))
        return goTo(topic, partition, position);
    }
    for (const record of batch.messages) {
      if (stopping || signal.aborted || !isRunning() || isStale()) return;
      const expected = positions.get(place);
      const offset = BigInt(record.offset);
      if (expected !== undefined && offset < expected) continue; // fetched before a seek took effect
      const message = toMessage(topic, partition, record);
      if (message.unreadableBatch) {
        reportSkippedBatch(options, group, message);
        passed.set(place, offset + 1n);
        resolveOffset(record.offset);
        continue;
      }
      const applied = await askStore(() => options.apply(message, expected), heartbeat, signal);
      signal.throwIfAborted();
      if (!applied) {
        const position = await askPosition();
        signal.throwIfAborted();
        logger.warn(
          { group, place, was: String(expected), is: String(position) },
          'the position of the store has changed; continuing from there',
        );
        return goTo(topic, partition, position);
      }
      positions.set(place, offset + 1n);
      passed.delete(place);
      resolveOffset(record.offset);
      lastProgressAt = clock.now();
    }
    passed.set(place, BigInt(batch.lastOffset()) + 1n);
    await heartbeat();
  }

  /** Compares the positions with the store. Otherwise an emptied store would go unnoticed until a record comes. */
  async function check(): Promise<void> {
    for (const [topic, partitions] of Object.entries(owned)) {
      for (const partition of partitions) await checkPartition(topic, partition);
    }
    await commitPositions();
  }

  async function checkPartition(topic: string, partition: number): Promise<void> {
    const place = placeOf(topic, partition);
    const [asked, known] = [positions.has(place), positions.get(place)];
    const position = await options.position(topic, partition);
    const unmoved = positions.has(place) === asked && positions.get(place) === known;
    if (unmoved && (!asked || position !== known) && owns(topic, partition)) goTo(topic, partition, position);
  }

  /** Commits the positions only to make the lag visible. Nothing is read from committed offsets. */
  async function commitPositions(): Promise<void> {
    const reached = [...positions].flatMap(([place, position]) => {
      const [topic = '', partition] = place.split('/');
      const offset = passed.get(place) ?? position;
      return offset === undefined ? [] : [{ topic, partition: Number(partition), offset: String(offset) }];
    });
    if (member.current && reached.length > 0) await member.commit(reached);
  }

  /** The first check runs at once, because a join changes the partitions of this process. */
  function restartChecks(): void {
    void stopChecks();
    if (stopping) return;
    stopChecks = repeat(clock, 0, async function checkNow() {
      // The store or the group may be unavailable for a while. The next check makes the same comparison.
      await check().catch((error: unknown) => {
        logger.debug({ group, error: (error as Error).message }, 'the positions could not be compared');
      });
      return checkEveryMs;
    });
  }

  function owns(topic: string, partition: number): boolean {
    return owned[topic]?.includes(partition) === true;
  }

  return {
    group,
    topics,
    owns,
    get ready() {
      return member.current;
    },
    get memberId() {
      return member.memberId;
    },
    get lastProgressAt() {
      return lastProgressAt;
    },
    held: 0,
    get oldestHeldAt() {
      return inFlight.oldestAt;
    },
    get oldestAbortedAt() {
      return inFlight.oldestAbortedAt;
    },
    uncommittedSince: undefined, // Its commits only show the lag.
    restart: member.restart,
    async stop() {
      stopping = true;
      void stopChecks();
      member.stopRestarts();
      await member.leave();
    },
  };
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
