import { isControl, type BatchHeader } from './batch-header.js';
import type { BatchContext, DecodedRecord } from './decoded-record.js';
import type { Damage } from './records.js';

/** Upper bound of the bytes that the record keeps. A dead letter has to fit into a batch of 16 MiB. */
const maxKeptBytes = 8 * 2 ** 20;

/** kafkajs takes a record with this key for the end of an aborted transaction. */
const abortMarkerKey = Buffer.from([0, 0, 0, 0]);
const noTransaction: BatchContext = { producerId: '-1', inTransaction: false };

/** Offsets that cannot be read. */
export interface OffsetSpan {
  readonly first: bigint;
  readonly last: bigint;
}

export interface UnreadableOptions {
  /** Undefined: its header is damaged too. */
  readonly header?: BatchHeader;
  /** Default: it is outside of transactions, so that it reaches the consumer. */
  readonly batchContext?: BatchContext;
}

/** Makes the record that stands for records that cannot be decoded. Consumers pass all of them with it. */
export function unreadableRecord(
  batch: Buffer,
  { first, last }: OffsetSpan,
  damage: Damage,
  { header, batchContext = noTransaction }: UnreadableOptions = {},
): DecodedRecord {
  return {
    magicByte: 2,
    attributes: 0,
    timestamp: String(header?.maxTimestamp ?? 0),
    offset: String(last),
    // Otherwise kafkajs would take the producer's next transaction for a part of the aborted one.
    key: header && isControl(header) ? abortMarkerKey : null,
    value: batch.length > maxKeptBytes ? null : batch,
    headers: {},
    isControlRecord: false,
    batchContext: { ...batchContext, ...(header ? { producerId: String(header.producerId) } : {}) },
    unreadable: { ...damage, firstOffset: first, lastOffset: last, bytes: batch.length },
  };
}

/** Makes a record that only takes consumers past an offset without a record. */
export function passingRecord(offset: bigint): DecodedRecord {
  return {
    ...{ magicByte: 2, attributes: 0, timestamp: '0', key: null, value: null, headers: {} },
    offset: String(offset),
    isControlRecord: true,
    batchContext: noTransaction,
  };
}
