import { checkedFrom, headerBytes, readBatchHeader, type BatchHeader } from './batch-header.js';
import { crc32c } from './crc32c.js';
import type { DecodedRecord } from './decoded-record.js';
import { decodeOldMessages } from './message-sets.js';
import { contextOf, decodeRecords, maxBatchRecords, type Damage } from './records.js';
import type { Suspects } from './suspects.js';
import { passingRecord, unreadableRecord, type OffsetSpan } from './unreadable-record.js';

/** One partition of the answer to a fetch. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly fetchOffset: bigint;
  readonly highWatermark: bigint;
}

/** Memory that the answer to one fetch may still take. Further batches are fetched later. */
export interface Budget {
  /** Decompressed. */
  bytes: number;
  records: number;
}

export function newBudget(): Budget {
  return { bytes: 256 * 2 ** 20, records: maxBatchRecords };
}

/** Offset, size and format, which are at the same places in all formats. */
const commonBytes = 17;
/** Offset and size; the size counts all other bytes. */
const sizeFrom = 12;
/** Smallest size that a batch can name, by its format. */
const smallest: Readonly<Record<number, number>> = { 0: 14, 1: 22, 2: headerBytes - sizeFrom };

/**
 * Decodes the batches of a partition, up to the last whole one. For records that cannot be decoded, the result has one
 * record that says so. Never rejects.
 */
export async function decodePartition(
  bytes: Buffer,
  fetched: FetchedPartition,
  budget: Budget,
  suspects: Suspects,
): Promise<DecodedRecord[]> {
  const all: DecodedRecord[] = [];
  let expected = fetched.fetchOffset;

  function add(records: readonly DecodedRecord[]): void {
    for (const record of records) all.push(record); // a spread of 200,000 arguments would overflow the stack
    const last = records.at(-1);
    if (last && BigInt(last.offset) >= expected) expected = BigInt(last.offset) + 1n;
  }

  for (let at = 0; bytes.length - at >= commonBytes && budget.bytes > 0 && budget.records > 0;) {
    const rest = bytes.subarray(at);
    const [size, format] = [rest.readInt32BE(8), rest.readInt8(16)];
    if (size < (smallest[format] ?? commonBytes - sizeFrom)) {
      const place = { first: expected, last: expected };
      const key = `${placeOf(fetched)}/${expected}`;
      if (!suspects.fetchAgain(key, crc32c(rest.subarray(0, commonBytes))))
        add([unreadableRecord(rest, place, { code: 'invalid-event', reason: `its header names ${size} bytes` })]);
      break;
    }
    if (rest.length < sizeFrom + size) break; // the end of the fetch cut the batch
    const batch = rest.subarray(0, sizeFrom + size);
    at += batch.length;
    const next = nextOffset(bytes.subarray(at), batch.readBigInt64BE(0), fetched.highWatermark);
    if (format === 0 || format === 1) add(await decodeOldMessages(batch));
    else if (format !== 2) {
      const span = { first: expected, last: next === undefined ? expected : next - 1n };
      add([unreadableRecord(batch, span, { code: 'invalid-event', reason: `its format ${format} is unknown` })]);
    } else {
      const records = await decodeBatch(batch, { ...fetched, fetchOffset: expected }, next, { budget, suspects });
      if (records === undefined) break;
      add(records);
    }
  }
  return all;
}

/** Returns the records of a batch of format 2, or undefined to fetch it once more. */
async function decodeBatch(
  batch: Buffer,
  fetched: FetchedPartition,
  next: bigint | undefined,
  { budget, suspects }: { readonly budget: Budget; readonly suspects: Suspects },
): Promise<DecodedRecord[] | undefined> {
  const header = readBatchHeader(batch);
  const crc = crc32c(batch.subarray(checkedFrom));
  if (crc !== header.crc) {
    if (suspects.fetchAgain(`${placeOf(fetched)}/${header.baseOffset}`, crc)) return undefined;
    const damage: Damage = { code: 'invalid-event', reason: 'its checksum (CRC-32C) is wrong' };
    return [unreadableRecord(batch, suspectSpan(header, fetched, next), damage, { header })];
  }
  const { records, bytes, damage } = await decodeRecords(batch, header);
  budget.bytes -= bytes;
  budget.records -= records.length;
  const last = header.baseOffset + BigInt(header.lastOffsetDelta);
  const reached = records.length === 0 ? header.baseOffset - 1n : BigInt(records.at(-1)?.offset ?? 0);
  if (reached >= last) return records;
  const span = { first: reached + 1n, last };
  if (damage) records.push(unreadableRecord(batch, span, damage, { header, batchContext: contextOf(header) }));
  else records.push(passingRecord(last)); // compaction has removed the last records
  return records;
}

/**
 * Returns the offsets of a batch whose checksum is wrong, so that its header may be too. It passes no offset that could
 * be of the next batch: when nothing is certain, it passes the offset that was to be read, and the batch comes again.
 */
function suspectSpan(
  { baseOffset, lastOffsetDelta, count }: BatchHeader,
  { fetchOffset, highWatermark }: FetchedPartition,
  next: bigint | undefined,
): OffsetSpan {
  const first = baseOffset > fetchOffset ? baseOffset : fetchOffset;
  if (next !== undefined) return { first, last: next - 1n };
  const named = baseOffset + BigInt(lastOffsetDelta);
  const certain = named === highWatermark - 1n || lastOffsetDelta === count - 1;
  return { first, last: certain && named >= first && named < highWatermark ? named : first };
}

/** Returns the offset at which the next batch begins, if its first bytes are there and make sense. */
function nextOffset(rest: Buffer, after: bigint, highWatermark: bigint): bigint | undefined {
  if (rest.length < commonBytes || smallest[rest.readInt8(16)] === undefined) return undefined;
  const offset = rest.readBigInt64BE(0);
  return offset > after && offset < highWatermark ? offset : undefined;
}

function placeOf({ topic, partition }: FetchedPartition): string {
  return `${topic}/${partition}`;
}
