import { CompressionTypes, Partitioners, type Admin, type Kafka, type Transaction } from 'kafkajs';
import { sleep, type Clock } from '../../../primitives/clock.js';
import type { OutgoingMessage } from '../../records/message.js';
import { rootCause } from '../client/broker-error.js';
import { byTopic, requestsOf } from '../client/requests.js';
import { metadataOf, readPosition, type Position } from './position.js';

export interface InputPartition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/**
 * Writes transactions for one input partition. After a failed write, its state is unknown, and it must be closed. A new
 * one aborts what the failed write has left.
 */
export interface TransactionalProducer {
  /** Position of the group when the former producers of the partition were fenced. Null: it has committed nothing. */
  readonly committed: Position | null;
  /** Writes the messages and the position in one transaction. Resolves once it is committed. */
  write(messages: readonly OutgoingMessage[], position: Position): Promise<void>;
  /** Resolves once the write in flight has ended and the connections are closed. */
  close(): Promise<void>;
}

/**
 * A broker aborts a transaction that is older (ms). Until then, the transaction of a frozen worker holds back all
 * readers of its output partitions, unless another worker takes its input partition over.
 */
export const transactionTimeoutMs = 15_000;

/** The broker ends a transaction after its answer, and refuses the next one until it has. */
const stillEnding = 'CONCURRENT_TRANSACTIONS';
const endingMs = 5;
const maxEndings = 400;

export const transactionalIdOf = ({ group, topic, partition }: InputPartition) => `fl-${group}-${topic}-${partition}`;

/**
 * Opens the producer of a partition. It fences its predecessors first, which also ends their transactions, and reads
 * the committed position after that. So no predecessor can move the position any more.
 */
export async function openTransactionalProducer(
  { kafka, admin, clock }: { readonly kafka: Kafka; readonly admin: Admin; readonly clock: Clock },
  input: InputPartition,
): Promise<TransactionalProducer> {
  // `idempotent` would only add a second producer id, for records outside of transactions.
  const producer = kafka.producer({
    transactionalId: transactionalIdOf(input),
    transactionTimeout: transactionTimeoutMs,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 5 },
  });
  let inFlight: Promise<unknown> = Promise.resolve();
  try {
    await producer.connect();
    let begun: Transaction | undefined = await producer.transaction();
    const committed = await committedPosition(admin, input);
    return {
      committed,
      write(messages, position) {
        const written = writeTransaction(messages, position);
        inFlight = written.catch(() => undefined);
        return written;
      },
      async close() {
        await inFlight;
        await producer.disconnect();
      },
    };

    async function writeTransaction(messages: readonly OutgoingMessage[], position: Position): Promise<void> {
      const transaction = begun ?? (await producer.transaction());
      begun = undefined;
      // The offset goes first, because only this request is repeated here until the former transaction has ended.
      await sendPosition(transaction, position);
      for (const request of requestsOf(messages))
        await transaction.sendBatch({
          acks: -1,
          compression: CompressionTypes.None,
          topicMessages: byTopic(request),
        });
      await transaction.commit();
    }
  } catch (error) {
    await producer.disconnect();
    throw error;
  }

  async function sendPosition(transaction: Transaction, position: Position): Promise<void> {
    const { group, topic, partition } = input;
    const metadata = metadataOf(position) ?? '';
    const offsets = {
      consumerGroupId: group,
      topics: [{ topic, partitions: [{ partition, offset: String(position.offset), metadata }] }],
    };
    for (let endings = 1; ; endings += 1) {
      try {
        return await transaction.sendOffsets(offsets);
      } catch (error) {
        if (rootCause(error).type !== stillEnding || endings === maxEndings) throw error;
        await sleep(clock, endingMs);
      }
    }
  }
}

async function committedPosition(admin: Admin, { group, topic, partition }: InputPartition): Promise<Position | null> {
  const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const entry = found?.partitions.find((candidate) => candidate.partition === partition);
  if (entry === undefined || entry.offset === '-1') return null;
  return readPosition(BigInt(entry.offset), entry.metadata);
}
