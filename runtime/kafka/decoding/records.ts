import { FanlightError, type FailureCode } from '../../../schemas/failure.js';
import { codecs, maxBatchBytes } from '../compression/codecs.js';
import { compressionBits, headerBytes, isControl, isOfTransaction, logAppendTimeBit } from './batch-header.js';
import type { BatchHeader } from './batch-header.js';
import { ByteReader } from './byte-reader.js';
import type { BatchContext, DecodedRecord } from './decoded-record.js';

/** Upper bound of the records of a batch. Each takes about half a kilobyte of memory, however short it is. */
export const maxBatchRecords = 500_000;
/** Upper bound of the headers of a record. */
const maxHeaders = 100_000;

/** Reason why records cannot be decoded. */
export interface Damage {
  readonly code: FailureCode;
  readonly reason: string;
}

export interface DecodedBatch {
  readonly records: DecodedRecord[];
  /** Bytes of the records, decompressed. */
  readonly bytes: number;
  /** Why the batch ends before its last record. */
  readonly damage?: Damage;
}

/** Decodes the records of a batch up to the first that cannot be decoded. Never rejects. */
export async function decodeRecords(batch: Buffer, header: BatchHeader): Promise<DecodedBatch> {
  const records: DecodedRecord[] = [];
  let bytes = 0;
  try {
    if (header.count > maxBatchRecords) throw tooManyRecords(header.count);
    const payload = await decompress(batch.subarray(headerBytes), header.attributes & compressionBits);
    bytes = payload.length;
    const reader = new ByteReader(payload);
    const decodeNext = recordDecoder(header);
    while (records.length < header.count) records.push(decodeNext(new ByteReader(reader.take(reader.varint()))));
    return { records, bytes };
  } catch (error) {
    return { records, bytes, damage: damageOf(error) };
  }
}

function decompress(bytes: Buffer, compression: number): Promise<Buffer> | Buffer {
  if (compression === 0) return bytes;
  const codec = (codecs as Readonly<Record<number, (typeof codecs)[1] | undefined>>)[compression];
  if (codec === undefined) throw new Error(`its compression ${compression} is unknown`);
  return codec(bytes, maxBatchBytes);
}

/** Returns the function that decodes one record after its length. It throws for a malformed record. */
function recordDecoder(header: BatchHeader): (reader: ByteReader) => DecodedRecord {
  const { baseOffset, firstTimestamp, maxTimestamp, attributes: batchAttributes } = header;
  const batchContext = contextOf(header);
  const isControlRecord = isControl(header);
  let reached = -1;
  const appendTime = (batchAttributes & logAppendTimeBit) === 0 ? undefined : String(maxTimestamp);

  return function decodeRecord(reader) {
    const attributes = reader.int8();
    const timestamp = reader.varint();
    const offset = reader.varint();
    // Consumers rely on rising offsets, and so would a commit behind the batch.
    if (!(offset > reached && offset <= header.lastOffsetDelta)) throw new Error('its offsets do not rise');
    reached = offset;
    return {
      magicByte: 2,
      attributes,
      timestamp: appendTime ?? String(firstTimestamp + timestamp),
      offset: String(baseOffset + BigInt(offset)),
      key: reader.varintBytes(),
      value: reader.varintBytes(),
      headers: readHeaders(reader),
      isControlRecord,
      batchContext,
    };
  };
}

export function contextOf(header: BatchHeader): BatchContext {
  return { producerId: String(header.producerId), inTransaction: isOfTransaction(header) };
}

/** Like kafkajs, gives a repeated header all its values, and a header without a value null. */
function readHeaders(reader: ByteReader): DecodedRecord['headers'] {
  const count = reader.varint();
  if (count <= 0) return {};
  if (count > maxHeaders) throw new Error(`a record has ${count} headers`);
  const headers = new Map<string, Buffer | null | (Buffer | null)[]>();
  for (let index = 0; index < count; index += 1) {
    const name = String(reader.take(reader.varint()));
    const value = reader.varintBytes();
    const earlier = headers.get(name);
    if (earlier === undefined) headers.set(name, value);
    else if (Array.isArray(earlier)) earlier.push(value);
    else headers.set(name, [earlier, value]);
  }
  // The types of kafkajs have no null. Unlike an assignment, this keeps a header that is named `__proto__`.
  return Object.fromEntries(headers) as DecodedRecord['headers'];
}

function tooManyRecords(count: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `It has ${count} records, more than ${maxBatchRecords}.`,
    remedy: 'Set a smaller batch size in the producer (batch.size).',
  });
}

function damageOf(thrown: unknown): Damage {
  const { message } = thrown as Error;
  return { code: thrown instanceof FanlightError ? thrown.code : 'invalid-event', reason: message.replace(/\.$/, '') };
}
