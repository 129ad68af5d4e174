import { crc32c } from '../../../runtime/kafka/decoding/crc32c.js';

export interface RawBatchOptions {
  /** Default: 0. */
  readonly baseOffset?: bigint;
  /** Number of records that the header names. */
  readonly count: number;
  /** Default: `count` - 1. */
  readonly lastOffsetDelta?: number;
  /** Default: 0, which is neither compressed nor in a transaction. */
  readonly attributes?: number;
  /** Default: -1, which is none. */
  readonly producerId?: bigint;
}

/** Encodes a record batch (format 2) around encoded records. */
export function rawBatch(records: Buffer, options: RawBatchOptions): Buffer {
  const { baseOffset = 0n, count, lastOffsetDelta = count - 1, attributes = 0, producerId = -1n } = options;
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(baseOffset, 0);
  header.writeInt32BE(header.length - 12 + records.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(lastOffsetDelta, 23);
  header.writeBigInt64BE(1_000n, 27);
  header.writeBigInt64BE(2_000n, 35);
  header.writeBigInt64BE(producerId, 43);
  header.writeInt16BE(-1, 51);
  header.writeInt32BE(-1, 53);
  header.writeInt32BE(count, 57);
  return withChecksum(Buffer.concat([header, records]));
}

/** Sets the checksum of a batch, after its bytes were changed. */
export function withChecksum(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
