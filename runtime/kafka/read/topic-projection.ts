import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { sleep, type Clock } from '../../../primitives/clock.js';
import { repeat, type StopRepeating } from '../../../primitives/timer-loop.js';
import { asFanlightError } from '../../../schemas/failure.js';
import type { Message } from '../../records/message.js';
import { withAdmin } from '../topics/admin.js';
import type { RunningConsumer } from '../consumer/consumer.js';
import { toMessage } from '../client/record.js';

export interface ProjectionOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Returns the next offset that the store expects; undefined: the first retained one. Rejects with a transient failure
   * while the store is unreachable.
   */
  readonly position: (topic: string, partition: number) => Promise<bigint | undefined>;
  /**
   * Applies the record to the store. Returns false if the position of the store is not `expected`. Rejects with a
   * transient failure while the store is unreachable.
   */
  readonly apply: (message: Message, expected: bigint | undefined) => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onFatal: (error: unknown) => void;
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
  const lows = await withAdmin(
    kafka,
    async (admin) =>
      new Map(
        (
          await Promise.all(
            topics.map(async (topic) =>
              (await admin.fetchTopicOffsets(topic)).map(
                ({ partition, low }) => [placeOf(topic, partition), low] as const,
              ),
            ),
          )
        ).flat(),
      ),
  );
  /** Partition → position that the store reported. No entry: the store has not been asked yet. */
  let positions = new Map<string, bigint | undefined>();
  let owned: Readonly<Record<string, readonly number[]>> = {};
  let ready = false;
  let stopping = false;
  let lastProgressAt = clock.now();
  let stopChecks: StopRepeating = () => Promise.resolve();

  const consumer: Consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 2_000,
      retries: 20,
      restartOnFailure: () => Promise.resolve(!stopping),
    },
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    positions = new Map();
    owned = payload.memberAssignment;
    ready = true;
    lastProgressAt = clock.now();
    restartChecks();
  });
  consumer.on(consumer.events.REBALANCING, () => {
    ready = false;
    owned = {};
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    ready = false;
    owned = {};
    if (!stopping && !payload.restart) options.onFatal(payload.error);
  });

  /** Retries for as long as the store is unreachable. Heartbeats continue meanwhile. */
  async function askStore<T>(ask: () => Promise<T>, heartbeat: () => Promise<void>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (thrown) {
        const error = asFanlightError(thrown);
        if (!error.retryable || stopping) throw error;
        if (attempt === 1 || attempt % 20 === 0) logger.warn({ group, attempt, code: error.code }, error.message);
        await sleep(clock, pauseMs);
        await heartbeat();
      }
    }
  }

  function goTo(topic: string, partition: number, position: bigint | undefined): void {
    const place = placeOf(topic, partition);
    positions.set(place, position);
    consumer.seek({ topic, partition, offset: position === undefined ? (lows.get(place) ?? '0') : String(position) });
  }

  async function eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    const place = placeOf(topic, partition);
    if (!positions.has(place)) {
      const position = await askStore(() => options.position(topic, partition), heartbeat);
      positions.set(place, position);
      if (position !== undefined && position !== BigInt(batch.firstOffset() ?? batch.messages[0]?.offset ?? 0))
        return goTo(topic, partition, position);
    }
    for (const record of batch.messages) {
      if (stopping || !isRunning() || isStale()) return;
      const expected = positions.get(place);
      const offset = BigInt(record.offset);
      if (expected !== undefined && offset < expected) continue; // fetched before a seek took effect
      const message = toMessage(topic, partition, record);
      if (!(await askStore(() => options.apply(message, expected), heartbeat))) {
        const position = await askStore(() => options.position(topic, partition), heartbeat);
        logger.warn(
          { group, place, was: String(expected), is: String(position) },
          'the position of the store has changed; continuing from there',
        );
        return goTo(topic, partition, position);
      }
      positions.set(place, offset + 1n);
      resolveOffset(record.offset);
      lastProgressAt = clock.now();
    }
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
      return position === undefined ? [] : [{ topic, partition: Number(partition), offset: String(position) }];
    });
    if (ready && reached.length > 0) await consumer.commitOffsets(reached);
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

  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 8, eachBatch });
  return {
    group,
    topics,
    owns,
    get ready() {
      return ready;
    },
    get lastProgressAt() {
      return lastProgressAt;
    },
    held: 0,
    async restart() {
      positions = new Map();
      await consumer.stop();
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 8,
        eachBatch,
      });
    },
    async stop() {
      stopping = true;
      void stopChecks();
      await consumer.disconnect();
    },
  };
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
