import type { Tensor } from '../processors/values.js';
import type { FanlightError } from '../schemas/failure.js';
import type { ModelCard } from './card.js';
import type { Device } from './device.js';

/** One item of a batch, by the input names of the card; an image model has the one input `input`. */
export type Inputs = Readonly<Record<string, Tensor>>;

export interface LoadOptions {
  /** Cores that one instance may use. */
  readonly threads: number;
  /** Copies of the model, each with memory of its own, that run batches at the same time; default 1. */
  readonly instances?: number;
  /** A framework that cannot use it computes on the CPU. */
  readonly device: Device;
}

/** What every framework makes of a card and its weights. */
export interface LoadedModel {
  /** One row per input and output name, in the order of the batch. At most `card.maxBatch` inputs. */
  run(batch: readonly Inputs[]): Promise<Readonly<Record<string, readonly Float32Array[]>>>;
  /** Null, or why the model cannot take these inputs (`wrong-tensor`, both shapes named). */
  refuse(inputs: Inputs): FanlightError | null;
  /** Only inputs of the same group may share a batch, such as images of one size; without it, all may. */
  groupOf?(inputs: Inputs): string;
  /** Runs what the first request would otherwise pay for. */
  warmUp(): Promise<void>;
  /** Frees the model's memory; it cannot be run any more. */
  dispose(): Promise<void>;
}

/** A runtime of models: a folder beside `onnx/` and an entry in `frameworks.ts`. */
export interface Framework {
  /**
   * Verifies the weights and loads them.
   * @throws FanlightError `corrupt-weights`, `invalid-card` when card and weights do not belong together,
   * `model-failed`.
   */
  load(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel>;
}
