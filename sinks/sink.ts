import type { ImageTags } from '../schemas/events.js';
import type { FanlightError } from '../schemas/failure.js';

/** One record and the place where the worker read it. */
export interface SinkRecord<Value> {
  /** `ce_id`: the same for the same content, however often it is published. */
  readonly id: string;
  readonly value: Value;
  readonly topic: string;
  readonly partition: number;
  /** 64-bit integer as decimal text, because a number loses digits above 2^53. */
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
 * Writes records of one family of topics to one store, idempotently. Unlike a processor, a sink has no output.
 *
 * The caller has one `write` in flight at a time. It commits offsets only after `write` has returned. Records of a
 * partition come in the order of their offsets, also from one batch to the next; a caller goes back only to repeat.
 *
 * Several callers can write the same records: the former owner of a partition may not know yet that it has lost it, or
 * its request may arrive after those of the new owner. Whatever arrives last, the store is as if only the new owner had
 * written.
 */
export interface Sink<Value> {
  readonly name: string;
  /** Upper bound of records in a batch, and the time (ms) for which the caller should wait to fill one. */
  readonly batch: { readonly maxRecords: number; readonly maxDelayMs: number };
  /**
   * Checks that the store is ready, and creates what it may. Idempotent. Throws as `write` does. It calls `warn` with a
   * sentence for the operator if the store lacks something and the sink can work without it.
   */
  open(warn?: (sentence: string) => void): Promise<void>;
  /**
   * Returns the rejected records; all others are stored. `[]` means that every record is stored.
   *
   * Throws `sink-unavailable` (transient) when the store cannot be reached or answers with a server error. Part of the
   * batch may be stored then, and the caller may repeat the call any number of times. Throws `invalid-configuration`
   * (fatal) when no retry can help.
   *
   * The signal aborts when the partition of one of the records is revoked. Its new owner writes the record then, so
   * that no further request may begin, and a request in flight should end.
   */
  write(batch: readonly SinkRecord<Value>[], signal?: AbortSignal): Promise<readonly Rejection[]>;
  /** Closes connections. Idempotent. The sink cannot be used afterwards. */
  close(): Promise<void>;
}
