import { expect, it } from 'vitest';
import { markAborted, type FetchedPartition } from '../../../../runtime/kafka/client/aborted-records.js';

const record = (offset: number, producerId: string, isControlRecord = false) => ({
  offset: String(offset),
  isControlRecord,
  batchContext: { producerId, inTransaction: true },
});

/** Returns the offsets of the records that kafkajs would deliver. */
function visible(partition: FetchedPartition): number[] {
  markAborted(partition);
  return partition.messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
}

it('hides the records of overlapping aborted transactions, in the order in which brokers list them', () => {
  const messages = [
    ...[record(10, 'a'), record(11, 'c'), record(12, 'b'), record(13, 'a')],
    ...[record(14, 'b', true), record(15, 'a'), record(16, 'a', true), record(17, 'a'), record(18, 'b')],
  ];
  // Brokers list transactions in the order of their ends.
  const abortedTransactions = [
    { producerId: 'b', firstOffset: '12' },
    { producerId: 'a', firstOffset: '10' },
  ];
  expect(visible({ messages, abortedTransactions })).toEqual([11, 17, 18]);
});

it('hides records of all transactions that were aborted before the first fetched record', () => {
  const messages = [record(30, 'b'), record(31, 'a'), record(32, 'c')];
  const abortedTransactions = ['a', 'b'].map((producerId) => ({ producerId, firstOffset: '5' }));
  expect(visible({ messages, abortedTransactions })).toEqual([32]);
});

it('keeps records outside of transactions, and leaves nothing to hide to kafkajs', () => {
  const outside = { offset: '5', isControlRecord: false, batchContext: { producerId: 'a', inTransaction: false } };
  const partition: FetchedPartition = {
    messages: [record(4, 'a'), outside],
    abortedTransactions: [{ producerId: 'a', firstOffset: '4' }],
  };
  expect(visible(partition)).toEqual([5]);
  expect(partition.abortedTransactions).toEqual([]);
});
