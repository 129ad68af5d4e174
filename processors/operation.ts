import type { LaneName } from '../schemas/lanes.js';
import type { Ports } from './ports.js';

/** The main resource that an operation needs. Placement groups neighbours with the same need into a stage. */
export type Need = 'io' | 'cpu' | 'gpu';

/** The record's context that an operation may use. */
export interface OperationContext {
  readonly lane: LaneName;
  /** Time (epoch ms) after which the result is useless; undefined: no limit. */
  readonly deadline: number | undefined;
  readonly imageId: string;
  /** Name of the client that sent the image, if known. */
  readonly client: string | undefined;
  /** Records the exact version of a model that took part. */
  served(modelId: string): void;
  /** Aborts when the worker gives up on the record. */
  readonly signal: AbortSignal;
  /**
   * Registers work that must succeed before the record counts as done, but that no later stage waits for (such as
   * storing the image). It starts after the record's outputs are written, so it delays nothing. Transient failures are
   * retried.
   */
  waitUntil(work: () => Promise<unknown>): void;
}

export type Run<In, Out> = (input: In, context: OperationContext) => Promise<Out> | Out;

/**
 * A pure step with named, typed inputs and one typed output. It is independent of Kafka, retries, offsets and metrics.
 * It throws a `FanlightError` on failure and never returns a partial result. Inputs are not mutated.
 */
export interface Operation<In extends object, Out> {
  /** Unique per behaviour: two nodes with the same operation name do the same thing. */
  readonly name: string;
  readonly needs: Need;
  /** The models that the operation uses: exact versions such as `scene@1`, or aliases such as `room-type@stable`. */
  readonly models?: readonly string[];
  /**
   * True: the output is small and depends on the inputs only, so it may be cached for the next task on the same file.
   */
  readonly reusable?: boolean;
  /** Only for the operation that fetches the file: returns the file's SHA-256, lower-case hex. */
  contentOf?(output: Out): string;
  /** The subset of `models` that the operation runs. It only reads the outputs of the others. */
  readonly runs?: readonly string[];
  /** Model outputs that the operation's output contains, such as `scene@1/probs`. */
  readonly gives?: readonly string[];
  /** Maps an input to the model whose outputs it carries. The operation passes these to the models that it runs. */
  readonly takes?: Readonly<Record<string, string>>;
  /** Called once per process, before the first record. It acquires resources through the ports. */
  open(ports: Ports): Run<In, Out> | Promise<Run<In, Out>>;
}

// `never` and `unknown` make this the supertype of all operations. The variance of In forbids `Operation<object,
// unknown>`.
export type AnyOperation = Operation<never, unknown>;
