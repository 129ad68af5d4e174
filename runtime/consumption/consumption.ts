import type { FailureLane } from '../../schemas/lanes.js';
import type { FailurePath } from '../failures/retry-record.js';
import type { FetchMode } from '../kafka/consumer/fetch-mode.js';
import type { Gate } from '../kafka/consumer/consumer.js';
import type { StopHooks } from '../kafka/consumer/stop-hooks.js';
import type { RunningProjection } from '../kafka/read/topic-projection.js';
import type { Handler, Message, Middleware } from '../records/message.js';

/** The work of one consumer group in this process. `startConsumption` runs it. */
export type Consumption = RecordConsumption | ProjectionConsumption;

/** Turns each record into the records that follow from it, then commits its offset. */
export interface RecordConsumption extends StopHooks {
  readonly kind: 'records';
  readonly group: string;
  readonly topics: readonly string[];
  /** Name in metrics, logs and dead letters. */
  readonly stage: string;
  /** Lane of a record in metrics and logs. */
  laneOf(message: Message): FailureLane;
  readonly handler: Handler;
  readonly failures: FailurePolicy;
  /** Middleware of this consumption alone; it sees the outcome of `failures`. */
  readonly middleware?: readonly Middleware[];
  /** Bounds of the records in flight: count, and bytes of keys and values. */
  readonly window: { readonly items: number; readonly bytes: number };
  /** Default: `batches`. */
  readonly fetchMode?: FetchMode;
  /** While it is closed, no record is accepted; for `round-robin`. */
  readonly gate?: Gate;
  /** Wraps the work on a record, including the publishing of what follows from it. */
  track?(message: Message, work: () => Promise<void>): Promise<void>;
  /** Fields of log lines that tell records apart. Default: trace id and origin. */
  describe?(message: Message): Readonly<Record<string, unknown>>;
}

/** What happens to a record that fails. */
export type FailurePolicy =
  /** The worker stops with exit code 1 and commits nothing. */
  | { readonly kind: 'stop' }
  /** The record goes to a retry topic or becomes a dead letter. Fatal failures stop the worker nevertheless. */
  | {
      readonly kind: 'divert';
      pathOf(message: Message): FailurePath;
      /** See `FailureHandlerOptions`. */
      readonly jitter?: number;
    };

/** Reads topics into a store that keeps its own positions. */
export interface ProjectionConsumption extends StopHooks {
  readonly kind: 'projection';
  readonly group: string;
  readonly topics: readonly string[];
  /** See `ProjectionOptions`. */
  position(topic: string, partition: number): Promise<bigint | undefined>;
  apply(message: Message, expected: bigint | undefined): Promise<boolean>;
  /** Work beside the reading; the returned function ends it before the consumer stops. */
  accompany?(projection: RunningProjection): () => void;
}

/** The same path for every record. */
export function divertTo(path: FailurePath, jitter?: number): FailurePolicy {
  return { kind: 'divert', pathOf: () => path, ...(jitter === undefined ? {} : { jitter }) };
}
