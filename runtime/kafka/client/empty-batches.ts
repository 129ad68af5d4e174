import type { Consumer } from 'kafkajs';

/** @param next offset at which reading continues */
export type EmptyBatchListener = (topic: string, partition: number, next: bigint) => void;

/**
 * Calls the listener for each fetched batch that has offsets, and no record: transaction markers, or records of aborted
 * transactions. kafkajs passes such a batch by itself, and does not hand it to `eachBatch`.
 */
export function onEmptyBatch(consumer: Consumer, listener: EmptyBatchListener): void {
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const { topic, partition, batchSize, lastOffset } = payload;
    if (Number(batchSize) === 0) listener(topic, partition, BigInt(lastOffset) + 1n);
  });
}
