import type { KafkaMessage } from 'kafkajs';
import type { UnreadableBatch } from '../../records/message.js';

/** What kafkajs reads of a batch to leave out the records of aborted transactions. */
export interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
}

/** A record as kafkajs takes it from its decoder. */
export interface DecodedRecord extends Pick<KafkaMessage, 'key' | 'value' | 'offset' | 'attributes'> {
  readonly magicByte: number;
  /** Epoch milliseconds. */
  readonly timestamp: string;
  readonly headers: NonNullable<KafkaMessage['headers']>;
  /** kafkajs passes its offset, and keeps the record to itself. */
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  /** Only on a record that stands for all that could not be decoded. Its value has the bytes. */
  readonly unreadable?: UnreadableBatch;
}
