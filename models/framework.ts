import type { Tensor } from '../processors/values.js';
import type { FanlightError } from '../schemas/failure.js';
import type { ModelCard } from './card.js';
import type { DeviceKind } from './device.js';

/** One item of a batch, by the input names of the card. An image model has one input, `input`. */
export type Inputs = Readonly<Record<string, Tensor>>;

export interface LoadOptions {
  /** Cores that one instance may use. */
  readonly threads: number;
  /** Copies of the model that run batches at the same time, each with its own memory. Default: 1. */
  readonly instances?: number;
  /** Frameworks that do not support the device run on the CPU. */
  readonly device: DeviceKind;
}

/** The result of loading a card and its weights, the same for every framework. */
export interface LoadedModel {
  /** Runs at most `card.maxBatch` inputs. Returns, per output name, one row for each input, in order. */
  run(batch: readonly Inputs[]): Promise<Readonly<Record<string, readonly Float32Array[]>>>;
  /** Returns null, or the reason why the model cannot take these inputs (`wrong-tensor`, naming both shapes). */
  refuse(inputs: Inputs): FanlightError | null;
  /** Only inputs of the same group may share a batch, such as images of equal size. Absent: all inputs may. */
  groupOf?(inputs: Inputs): string;
  /** Runs once, so that the first request does not pay for lazy initialisation. */
  warmUp(): Promise<void>;
  /** Frees the model's memory. The model cannot run afterwards. */
  dispose(): Promise<void>;
}

/** A model runtime: a folder next to `onnx/` and an entry in `frameworks.ts`. */
export interface Framework {
  /**
   * Verifies the weights and loads them.
   * @throws FanlightError `corrupt-weights`; `invalid-card` when card and weights do not match; `model-failed`.
   */
  load(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel>;
}
