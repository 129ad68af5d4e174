import { isUtf8 } from 'node:buffer';
import type { KafkaMessage } from 'kafkajs';
import { readHeaders } from '../../../schemas/headers.js';
import type { Message } from '../../records/message.js';
import type { DecodedRecord } from '../decoding/decoded-record.js';

/** Converts any record of Kafka. It never throws, because a throw would restart the consumer at the same record. */
export function toMessage(
  topic: string,
  partition: number,
  record: KafkaMessage & Pick<DecodedRecord, 'unreadable'>,
): Message {
  const { text, unreadable } = readText(record.headers);
  return {
    topic,
    partition,
    offset: BigInt(record.offset),
    key: record.unreadable ? null : record.key,
    value: record.value,
    headers: text,
    ...(unreadable.size === 0 ? {} : { unreadableHeaders: unreadable }),
    ...(record.unreadable ? { unreadableBatch: record.unreadable } : {}),
    timestamp: Number(record.timestamp),
  };
}

interface HeaderTexts {
  readonly text: Record<string, string>;
  readonly unreadable: ReadonlyMap<string, Buffer>;
}

/**
 * Kafka allows null values, repeated names and any bytes. A null value means that the header is absent. kafkajs returns
 * a repeated header as an array, and its last value counts. A value that is not text is left out: it makes a record
 * unreadable only if Fanlight reads the header.
 */
function readText(headers: KafkaMessage['headers']): HeaderTexts {
  const text: [string, string][] = [];
  const unreadable = new Map<string, Buffer>();
  for (const [name, value] of Object.entries(headers ?? {})) {
    const bytes = (Array.isArray(value) ? value.at(-1) : value) as Buffer | null | undefined;
    if (bytes === null || bytes === undefined) continue;
    if (isUtf8(bytes)) text.push([name, bytes.toString()]);
    else if (readHeaders.has(name)) unreadable.set(name, bytes);
  }
  // Unlike an assignment, this keeps a header that is named `__proto__`.
  return { text: Object.fromEntries(text), unreadable };
}
