import { softmax } from '../softmax.js';

/** How an objective makes predictions of margins; the same as `Booster.predict`. */
export interface Objective {
  /** Whether `num_class` says how many margins there are; else there is one. */
  readonly classes: boolean;
  /** Numbers that come out of `margins` margins. */
  readonly outputs: (margins: number) => number;
  /** Null, or what base_score has to be. */
  readonly base: { readonly expected: string; readonly holds: (score: number) => boolean } | null;
  /** The margin that base_score stands for. */
  readonly marginOf: (score: number) => number;
  readonly predict: (margins: Float32Array) => Float32Array;
}

const plain = { base: null, marginOf: (score: number) => score } as const;

export const objectives: Readonly<Record<string, Objective>> = {
  'multi:softprob': { ...plain, classes: true, outputs: (margins) => margins, predict: softmax },
  /** The number of the likeliest class. */
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
