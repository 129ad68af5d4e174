import { ByteReader } from './byte-reader.js';
import type { DecodedRecord } from './decoded-record.js';

/** Decodes the batches of one partition. */
export type DecodePartition = (
  bytes: Buffer,
  fetched: { readonly topic: string; readonly partition: number; readonly highWatermark: bigint },
) => Promise<DecodedRecord[]>;

/** First version of the answer that has record batches of format 2. */
export const firstVersion = 4;

/** Decodes the answer to a fetch, in one of the versions 4 to 11, into what kafkajs expects. */
export async function decodeFetchResponse(bytes: Buffer, version: number, decode: DecodePartition): Promise<object> {
  const reader = new ByteReader(bytes);
  const throttleTime = reader.int32();
  const session = version >= 7 ? { errorCode: reader.int16(), sessionId: reader.int32() } : {};
  const responses: object[] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topicName = String(reader.take(reader.int16()));
    const partitions: object[] = [];
    for (let count = reader.int32(); count > 0; count -= 1)
      partitions.push(
        await readPartition(reader, version, (records, partition) =>
          decode(records, { ...partition, topic: topicName }),
        ),
      );
    responses.push({ topicName, partitions });
  }
  // From version 8 on, clients wait by themselves when the broker throttles them.
  const throttle = version >= 8 ? { throttleTime: 0, clientSideThrottleTime: throttleTime } : { throttleTime };
  return { ...throttle, ...session, responses };
}

async function readPartition(
  reader: ByteReader,
  version: number,
  decode: (
    bytes: Buffer,
    fetched: { readonly partition: number; readonly highWatermark: bigint },
  ) => Promise<DecodedRecord[]>,
): Promise<object> {
  const [partition, errorCode, highWatermark] = [reader.int32(), reader.int16(), reader.int64()];
  const lastStableOffset = String(reader.int64());
  const start = version >= 5 ? { lastStartOffset: String(reader.int64()) } : {};
  const abortedTransactions: object[] = [];
  for (let count = reader.int32(); count > 0; count -= 1)
    abortedTransactions.push({ producerId: String(reader.int64()), firstOffset: String(reader.int64()) });
  const replica = version >= 11 ? { preferredReadReplica: reader.int32() } : {};
  const size = reader.int32();
  return {
    ...{ partition, errorCode, highWatermark: String(highWatermark), lastStableOffset, ...start },
    ...{ abortedTransactions, ...replica },
    messages: size <= 0 ? [] : await decode(reader.take(Math.min(size, reader.left)), { partition, highWatermark }),
  };
}
