import type { StageTiming } from './events.js';

/** TypeScript views of `model-input.avsc` and `model-output.avsc`. */

export interface ItemTensors {
  readonly dtype: 'uint8' | 'float32';
  /** Of one item. */
  readonly shape: readonly number[];
  /** Items behind each other, each row-major, little endian. */
  readonly data: Uint8Array;
}

/** Tensors for one model: what is written to `model-inputs.<lane>`. */
export interface ModelInput {
  /** Exact version such as `scene@1`, or alias such as `room-type@stable`. */
  readonly model: string;
  readonly items: number;
  /** By the names of the model's card. */
  readonly inputs: Readonly<Record<string, ItemTensors>>;
}

/** What a model said of them: what is written to `model-outputs.<lane>`. */
export interface ModelOutput {
  /** Exact version that answered. */
  readonly model: string;
  readonly items: number;
  /** By the names of the card: float32, items behind each other, little endian. */
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  readonly timings: Readonly<Record<string, StageTiming>>;
}
