import type { ImageTags } from '../schemas/events.js';
import type { FanlightError } from '../schemas/failure.js';

/** One record and the place where the worker read it. */
export interface SinkRecord<Value> {
  /** `ce_id`: the same for the same content, however often it is published. */
  readonly id: string;
  readonly value: Value;
  readonly topic: string;
  readonly partition: number;
  /** Decimal 64-bit integer, as text: a number would lose digits above 2^53. */
  readonly offset: string;
}

/** A tag result: the same image, content and pipeline version have the same id. */
export type TagRecord = SinkRecord<ImageTags>;

/** A record that this store can never take. */
export interface Rejection {
  /** Position in the batch that was given to `write`. */
  readonly index: number;
  /** Code `sink-rejected`, kind `permanent`. */
  readonly error: FanlightError;
}

/**
 * Writes records of one family of topics to one store, idempotently. It has no output, unlike a processor.
 *
 * The caller writes one batch at a time, with the records of a partition in the order of their offsets, and commits
 * offsets only after `write` returned.
 */
export interface Sink<Value> {
  readonly name: string;
  /** The largest batch that `write` takes, and how long a caller should wait to fill one. */
  readonly batch: { readonly maxRecords: number; readonly maxDelayMs: number };
  /** Makes sure that the store is there and ready. Idempotent. Throws as `write` does. */
  open(): Promise<void>;
  /**
   * `[]` means that every record is stored. Records that are not in the answer are stored.
   *
   * Throws `sink-unavailable` (transient) when the store cannot be reached or answers with a server error: part of the
   * batch may be stored, and the same call may simply be made again, for ever. Throws `invalid-configuration` (fatal)
   * when no retry can help.
   */
  write(batch: readonly SinkRecord<Value>[]): Promise<readonly Rejection[]>;
  /** Gives back connections. Idempotent; the sink cannot be used afterwards. */
  close(): Promise<void>;
}
