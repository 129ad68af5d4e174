import type { FailureLane } from '../../schemas/lanes.js';
import type { FailurePath } from '../failures/retry-record.js';
import type { FetchMode } from '../kafka/consumer/fetch-mode.js';
import type { Gate } from '../kafka/consumer/intake.js';
import type { StopHooks } from '../kafka/consumer/stop-hooks.js';
import type { RunningProjection } from '../kafka/read/topic-projection.js';
import type { Handler, Message, Middleware } from '../records/message.js';

/** The work of one consumer group in this process. `startConsumption` runs it. */
export type Consumption = RecordConsumption | ProjectionConsumption;

/** Converts each record into output records, publishes them, then commits its offset. */
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
  /** Middleware of this consumption alone; it sees what was published. */
  readonly middleware?: readonly Middleware[];
  /** Middleware of this consumption alone; it sees what is to be published, and may defer work. */
  readonly outputMiddleware?: readonly Middleware[];
  /** Bounds of the records in flight: count, and bytes of keys and values. */
  readonly window: { readonly items: number; readonly bytes: number };
  /** Default: `batches`. */
  readonly fetchMode?: FetchMode;
  /** A closed gate keeps records out of the window. Only `round-robin` supports it. */
  readonly gate?: Gate;
  /** Time (ms) for which the handler holds a record on purpose, before it works on it. Default: 0. */
  readonly holdsMs?: number;
  /**
   * Least time between the starts of two transactions of a partition (ms), with transactional delivery. Each one costs
   * worker and broker some milliseconds of CPU. Default: 1,000.
   */
  readonly transactionsEveryMs?: number;
  /** Wraps the work on a record, including the publishing of its output records. */
  track?(message: Message, work: () => Promise<void>): Promise<void>;
  /** Log fields that identify a record. Default: trace id and origin. */
  describe?(message: Message): Readonly<Record<string, unknown>>;
}

/** Policy for records that fail. */
export type FailurePolicy =
  /** The worker stops with exit code 1 and commits nothing. */
  | { readonly kind: 'stop' }
  /** A failed record goes to a retry topic or becomes a dead letter. A fatal failure still stops the worker. */
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
  /** Starts work that runs beside the reading. The returned function ends it, before the consumer stops. */
  accompany?(projection: RunningProjection): () => void;
}

/** Failure policy with one path for all records. */
export function divertTo(path: FailurePath, jitter?: number): FailurePolicy {
  return { kind: 'divert', pathOf: () => path, ...(jitter === undefined ? {} : { jitter }) };
}
