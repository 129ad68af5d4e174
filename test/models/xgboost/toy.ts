import type { Inputs } from '../../../models/framework.js';
import { float32File, rowsOf } from '../float32-file.js';

/** The rows and models that make_parity.py wrote. */

const sizes = { scores: 8, facts: 6 } as const;

const raw = rowsOf(float32File(new URL('inputs.f32', import.meta.url)), sizes.scores + sizes.facts);

export const toyInputs: readonly Inputs[] = raw.map((row) => ({
  'toy@1/scores': tensor(row.slice(0, sizes.scores)),
  'toy@1/facts': tensor(row.slice(sizes.scores)),
}));

/** XGBoost's own predictions for these rows. */
export function toyPredictions(model: string, width: number): readonly Float32Array[] {
  return rowsOf(float32File(new URL(`${model}/predictions.f32`, import.meta.url)), width);
}

function tensor(data: Float32Array) {
  return { dtype: 'float32' as const, shape: [data.length], data };
}
