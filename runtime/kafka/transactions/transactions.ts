import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../../../primitives/clock.js';
import type { OutgoingMessage, RecordCoordinates } from '../../records/message.js';
import { createPartitionTransactions, type Outputs, type PartitionTransactions } from './partition-transactions.js';
import type { Place } from './progress.js';
import { openTransactionalProducer } from './transactional-producer.js';

/** Transactions of one consumer, in all its partitions. The signal of each record names its assignment. */
export interface Transactions {
  /** Accepts a record, in the order of the offsets. See `PartitionTransactions`. */
  admit(record: RecordCoordinates, next: bigint, signal: AbortSignal): Promise<boolean>;
  /** See `PartitionTransactions`. */
  commit(record: RecordCoordinates, outputs: Outputs, signal: AbortSignal): Promise<readonly OutgoingMessage[]>;
  /** Commits that no record lies before the offset `next`. */
  pass(topic: string, partition: number, next: bigint, signal: AbortSignal): Promise<void>;
  /** Commits what waits. Resolves once no transaction is in flight, and never rejects. */
  flush(signal: AbortSignal): Promise<void>;
  /** Resolves once all producers are closed. The partitions have to be revoked before. */
  close(): Promise<void>;
}

interface Partition {
  readonly transactions: PartitionTransactions;
  /** Places of records in flight, by their offsets. */
  readonly places: Map<bigint, Place>;
}

export async function createTransactions({
  kafka,
  group,
  everyMs,
  clock,
  logger,
}: {
  readonly kafka: Kafka;
  readonly group: string;
  /** Least time between the starts of two transactions of a partition (ms). */
  readonly everyMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<Transactions> {
  const admin = kafka.admin();
  await admin.connect();
  const assignments = new WeakMap<AbortSignal, Map<string, Partition>>();
  const closings = new Set<Promise<unknown>>();

  function partitionOf({ topic, partition }: Omit<RecordCoordinates, 'offset'>, signal: AbortSignal): Partition {
    const assigned = assignments.get(signal) ?? new Map<string, Partition>();
    assignments.set(signal, assigned);
    const key = `${topic}/${partition}`;
    const known = assigned.get(key) ?? {
      transactions: createPartitionTransactions({
        open: () => openTransactionalProducer({ kafka, admin, clock }, { group, topic, partition }),
        signal,
        clock,
        everyMs,
        onClosing(closing) {
          const closed: Promise<unknown> = closing
            .catch((error: Error) => logger.debug({ group, error: error.message }, 'a producer did not end cleanly'))
            .finally(() => closings.delete(closed));
          closings.add(closed);
        },
      }),
      places: new Map<bigint, Place>(),
    };
    assigned.set(key, known);
    return known;
  }

  async function admit(record: RecordCoordinates, next: bigint, signal: AbortSignal): Promise<boolean> {
    const { transactions, places } = partitionOf(record, signal);
    const place = { offset: record.offset, next };
    places.set(record.offset, place);
    const isNew = await transactions.admit(place);
    if (!isNew) places.delete(record.offset);
    return isNew;
  }

  async function commit(
    record: RecordCoordinates,
    outputs: Outputs,
    signal: AbortSignal,
  ): Promise<readonly OutgoingMessage[]> {
    const { transactions, places } = partitionOf(record, signal);
    const place = places.get(record.offset);
    if (place === undefined) throw new Error(`the record ${record.offset} was not admitted`);
    places.delete(record.offset);
    return transactions.commit(place, outputs);
  }

  return {
    admit,
    commit,
    async pass(topic, partition, next, signal) {
      const place = { topic, partition, offset: next - 1n };
      if (await admit(place, next, signal)) await commit(place, { messages: [], instead: () => [] }, signal);
    },
    async flush(signal) {
      const partitions = [...(assignments.get(signal)?.values() ?? [])];
      await Promise.all(partitions.map(({ transactions }) => transactions.flush()));
    },
    async close() {
      await Promise.all(closings);
      await admin.disconnect();
    },
  };
}
