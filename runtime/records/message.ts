/** A record as it came from its topic. Header values are UTF-8 text. */
export interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A record to be written. */
export interface OutgoingMessage {
  readonly topic: string;
  /** Where it is given; else the key decides. */
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HandlerContext {
  /** Aborts when the worker hands its unfinished work back. */
  readonly signal: AbortSignal;
  /** See `OperationContext.waitUntil`; the host commits no offset before the work has succeeded. */
  waitUntil(work: () => Promise<unknown>): void;
}

/**
 * Turns a record into the records that follow from it; the host writes them and then commits the offset.
 * `[]` means that nothing follows. A throw means that the worker must stop: everything that one record can do wrong
 * becomes a record on a retry or dead-letter topic instead (see `handleFailures`).
 */
export type Handler = (message: Message, context: HandlerContext) => Promise<readonly OutgoingMessage[]>;

export type Middleware = (next: Handler) => Handler;

/** `topic/partition/offset`, unique in a Kafka cluster. */
export function coordinates(message: Pick<Message, 'topic' | 'partition' | 'offset'>): string {
  return `${message.topic}/${message.partition}/${message.offset}`;
}
