import type { LaneName } from '../schemas/lanes.js';
import type { Ports } from './ports.js';

/** What an operation needs of the machine; the placement groups neighbours with the same need into a stage. */
export type Need = 'io' | 'cpu' | 'gpu';

/** What an operation may know of the record that it works on. */
export interface OperationContext {
  readonly lane: LaneName;
  /** Epoch milliseconds after which the result is of no use; undefined means no limit. */
  readonly deadline: number | undefined;
  readonly imageId: string;
  /** Who sent the image, where that is known. */
  readonly client: string | undefined;
  /** Notes the exact version of a model that took part. */
  served(modelId: string): void;
  /** Aborts when the worker gives up on the record. */
  readonly signal: AbortSignal;
  /**
   * Work that must have succeeded before the record counts as done, but that nothing downstream waits for (such as
   * storing the image). It begins when what follows from the record has
   * been written, so that it delays nothing, and is repeated while it fails for a transient reason.
   */
  waitUntil(work: () => Promise<unknown>): void;
}

export type Run<In, Out> = (input: In, context: OperationContext) => Promise<Out> | Out;

/**
 * A pure step with named, typed inputs and one typed output. It knows nothing of Kafka, retries, offsets or metrics.
 * It throws a `FanlightError` when it cannot do its work; it never returns a partial result. Inputs are not mutated.
 */
export interface Operation<In extends object, Out> {
  /** Unique by meaning: two nodes with the same operation name do the same thing. */
  readonly name: string;
  readonly needs: Need;
  /** The models that take part: exact versions such as `scene@1`, or aliases such as `room-type@stable`. */
  readonly models?: readonly string[];
  /** The output is small, and depends on nothing but the inputs: it may be kept for the next task on the same file. */
  readonly reusable?: boolean;
  /** Of the operation that gets the file: the file's SHA-256, lower-case hex. */
  contentOf?(output: Out): string;
  /** Those among them that it runs, rather than reads the outputs of. */
  readonly runs?: readonly string[];
  /** The models' outputs that its own output has, such as `scene@1/probs`. */
  readonly gives?: readonly string[];
  /** By input: the model whose outputs it hands on to those that it runs. */
  readonly takes?: Readonly<Record<string, string>>;
  /** Once per process and before the first record; acquires what the operation needs through the ports. */
  open(ports: Ports): Run<In, Out> | Promise<Run<In, Out>>;
}

// `never`/`unknown` make this the top of all operations; variance of In forbids `Operation<object, unknown>`.
export type AnyOperation = Operation<never, unknown>;
