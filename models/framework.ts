import type { Tensor } from '../processors/values.js';
import type { FanlightError } from '../schemas/failure.js';
import type { ModelCard } from './card.js';

/** One item of a batch, by the input names of the card; an image model has the one input `input`. */
export type Inputs = Readonly<Record<string, Tensor>>;

export interface LoadOptions {
  /** Cores that one model may use. */
  readonly threads: number;
  readonly device: 'cpu';
}

/** What every framework makes of a card and its weights. */
export interface LoadedModel {
  /** One row per input and output name, in the order of the batch. At most `card.maxBatch` inputs. */
  run(batch: readonly Inputs[]): Promise<Readonly<Record<string, readonly Float32Array[]>>>;
  /** Null, or why the model can not take these inputs (`wrong-tensor`, both shapes named). */
  refuse(inputs: Inputs): FanlightError | null;
  /** Runs what the first request would otherwise pay for. */
  warmUp(): Promise<void>;
  /** Frees the model's memory; it can not be run any more. */
  dispose(): Promise<void>;
}

/** A runtime of models: a folder beside `onnx/` and an entry in `frameworks.ts`. */
export interface Framework {
  /** Whether the model computes faster on several inputs at once, so that waiting for company pays. */
  readonly batches: boolean;
  /**
   * Verifies the weights and loads them.
   * @throws FanlightError `corrupt-weights`, `invalid-card` when card and weights do not belong together, `model-failed`.
   */
  load(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel>;
}
