/** The part of a record batch (format 2) before its records. */
export interface BatchHeader {
  readonly baseOffset: bigint;
  /** Checksum that the batch has. */
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  /** Epoch milliseconds. */
  readonly firstTimestamp: number;
  /** Epoch milliseconds. */
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly count: number;
}

export const headerBytes = 61;
/** The checksum covers all bytes from here on: not the offset, which the broker sets. */
export const checkedFrom = 21;

/** Bits of the attributes. */
export const compressionBits = 7;
export const logAppendTimeBit = 8;
export const transactionalBit = 16;
export const controlBit = 32;

/** @param batch at least `headerBytes` long */
export function readBatchHeader(batch: Buffer): BatchHeader {
  return {
    baseOffset: batch.readBigInt64BE(0),
    crc: batch.readUInt32BE(17),
    attributes: batch.readInt16BE(21),
    lastOffsetDelta: batch.readInt32BE(23),
    firstTimestamp: Number(batch.readBigInt64BE(27)),
    maxTimestamp: Number(batch.readBigInt64BE(35)),
    producerId: batch.readBigInt64BE(43),
    count: batch.readInt32BE(57),
  };
}

export function isOfTransaction({ attributes }: BatchHeader): boolean {
  return (attributes & transactionalBit) !== 0;
}

export function isControl({ attributes }: BatchHeader): boolean {
  return (attributes & controlBit) !== 0;
}
