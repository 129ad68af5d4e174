import Decoder from 'kafkajs/src/protocol/decoder.js';
import decodeMessageSet from 'kafkajs/src/protocol/messageSet/decoder.js';
import type { DecodedRecord } from './decoded-record.js';
import { unreadableRecord } from './unreadable-record.js';

/**
 * Decodes one entry of format 0 or 1, which brokers wrote before Kafka 0.11: a record, or several that are compressed
 * together. Never rejects.
 */
export async function decodeOldMessages(entry: Buffer): Promise<DecodedRecord[]> {
  try {
    const messages = await decodeMessageSet(new Decoder(entry), entry.length);
    return messages.map((message) => ({
      ...message,
      timestamp: message.timestamp ?? '-1', // as Kafka says "none"
      headers: {},
      isControlRecord: false,
      batchContext: { producerId: '-1', inTransaction: false },
    }));
  } catch (error) {
    const offset = entry.readBigInt64BE(0);
    const reason = (error as Error).message.replace(/\.$/, '');
    return [unreadableRecord(entry, { first: offset, last: offset }, { code: 'invalid-event', reason })];
  }
}
