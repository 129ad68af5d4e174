import { softmax } from '../softmax.js';

/** Converts the margins of an objective to a prediction, with the same result as `Booster.predict`. */
export interface Objective {
  /** True: `num_class` is the number of margins. False: there is one margin. */
  readonly classes: boolean;
  /** Length of the prediction for `margins` margins. */
  readonly outputs: (margins: number) => number;
  /** Constraint on base_score; null: none. */
  readonly base: { readonly expected: string; readonly holds: (score: number) => boolean } | null;
  /** Converts base_score to a margin. */
  readonly marginOf: (score: number) => number;
  readonly predict: (margins: Float32Array) => Float32Array;
}

const plain = { base: null, marginOf: (score: number) => score } as const;

export const objectives: Readonly<Record<string, Objective>> = {
  'multi:softprob': { ...plain, classes: true, outputs: (margins) => margins, predict: softmax },
  /** The number of the most likely class. */
  'multi:softmax': {
    ...plain,
    classes: true,
    outputs: () => 1,
    predict: (margins) => Float32Array.of(margins.indexOf(Math.max(...margins))),
  },
  'binary:logistic': {
    classes: false,
    outputs: () => 1,
    base: { expected: 'between 0 and 1', holds: (score) => score > 0 && score < 1 },
    marginOf: (score) => -Math.log(1 / score - 1),
    predict: (margins) => margins.map((margin) => 1 / (1 + Math.exp(-margin))),
  },
  'reg:squarederror': { ...plain, classes: false, outputs: () => 1, predict: (margins) => margins.slice() },
};
