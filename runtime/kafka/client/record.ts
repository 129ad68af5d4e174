import type { KafkaMessage } from 'kafkajs';
import type { Message } from '../../records/message.js';

export function toMessage(topic: string, partition: number, record: KafkaMessage): Message {
  return {
    topic,
    partition,
    offset: BigInt(record.offset),
    key: record.key,
    value: record.value,
    headers: textHeaders(record.headers),
    timestamp: Number(record.timestamp),
  };
}

/** kafkajs returns a repeated header as an array; the first value counts. */
function textHeaders(headers: KafkaMessage['headers']): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) text[name] = first.toString();
  }
  return text;
}
