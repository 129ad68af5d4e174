import type { StageTiming } from '../events.js';

/** TypeScript types of `model-input.avsc` and `model-output.avsc`. */

export interface ItemTensors {
  readonly dtype: 'uint8' | 'float32';
  /** Shape of one item. */
  readonly shape: readonly number[];
  /** Items concatenated, each row-major, little endian. */
  readonly data: Uint8Array;
}

/** Tensors for one model, the record of `model-inputs.<lane>`. */
export interface ModelInput {
  /** Exact version such as `scene@1`, or alias such as `room-type@stable`. */
  readonly model: string;
  readonly items: number;
  /** Tensors by the input names of the model's card. */
  readonly inputs: Readonly<Record<string, ItemTensors>>;
}

/** Outputs of a model, the record of `model-outputs.<lane>`. */
export interface ModelOutput {
  /** Exact version that answered. */
  readonly model: string;
  readonly items: number;
  /** Outputs by the names of the card: float32, items concatenated, little endian. */
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  readonly timings: Readonly<Record<string, StageTiming>>;
}
