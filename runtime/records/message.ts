import type { FailureCode } from '../../schemas/failure.js';

/** Records of a batch that cannot be decoded. */
export interface UnreadableBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly code: FailureCode;
  /** Part of a sentence. */
  readonly reason: string;
  /** Size of the whole batch, as it was fetched. */
  readonly bytes: number;
}

/** A record as the consumer read it. Header values are UTF-8 text. */
export interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that Fanlight reads and that are not UTF-8 text. `headers` does not have them. Absent: there are none. */
  readonly unreadableHeaders?: ReadonlyMap<string, Buffer>;
  /**
   * Absent: the record was decoded. Otherwise it stands for records that cannot be, and has the offset of their last.
   * Its value has the bytes of their batch, unless they are too many.
   */
  readonly unreadableBatch?: UnreadableBatch;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A record to publish. */
export interface OutgoingMessage {
  readonly topic: string;
  /** Default: the key selects the partition. */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HandlerContext {
  /** Aborts when the worker hands back its unfinished records. */
  readonly signal: AbortSignal;
  /** See `OperationContext.waitUntil`. The consumer commits the offset only after the work has succeeded. */
  waitUntil(work: () => Promise<unknown>): void;
  /** Resolves once the deferred work has succeeded. Only the delivery of outputs calls it. Absent: there is none. */
  finishDeferred?(): Promise<void>;
}

/**
 * Converts a record into output records (`[]`: none). The consumer publishes them and then commits the offset.
 * A throw stops the worker. A failure of one record becomes a retry or dead-letter record instead (see
 * `handleFailures`).
 */
export type Handler = (message: Message, context: HandlerContext) => Promise<readonly OutgoingMessage[]>;

export type Middleware = (next: Handler) => Handler;

export type RecordCoordinates = Pick<Message, 'topic' | 'partition' | 'offset'>;

/** `topic/partition/offset`, unique in a Kafka cluster. */
export function coordinates(message: RecordCoordinates): string {
  return `${message.topic}/${message.partition}/${message.offset}`;
}

/** Bytes of key and value. */
export function bytesOf({ key, value }: Message): number {
  return (value?.length ?? 0) + (key?.length ?? 0);
}
