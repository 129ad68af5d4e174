import { z } from 'zod';
import { columns, widthOf, type Columns } from '../columns.js';
import { softmax } from '../softmax.js';

/**
 * Multinomial logistic regression over the outputs of other models. The weights are small enough to read, and the
 * result is the same on every machine.
 */

export const linearWeights = z
  .strictObject({
    classes: z.array(z.string().min(1)).min(2),
    /** The outputs of the other models, in the order of the weight columns. */
    inputs: columns,
    /** One row per class, one column per input value. Standardisation and temperature are already folded in. */
    weights: z.array(z.array(z.number())),
    bias: z.array(z.number()),
  })
  .refine(isComplete, {
    path: ['weights'],
    message: 'expected one row and one bias per class, and one column per input value',
  });

export type LinearWeights = z.infer<typeof linearWeights>;

function isComplete({
  classes,
  inputs,
  weights,
  bias,
}: {
  classes: string[];
  inputs: Columns;
  weights: number[][];
  bias: number[];
}): boolean {
  return (
    weights.length === classes.length &&
    bias.length === classes.length &&
    weights.every((row) => row.length === widthOf(inputs))
  );
}

/**
 * Returns the head as a function of a row of `inputs` (`models/columns.ts`) to probabilities [classes], which sum to 1.
 */
export function linearHead({
  weights,
  bias,
}: Pick<LinearWeights, 'weights' | 'bias'>): (row: Float64Array) => Float32Array {
  const rows = weights.map((row) => Float64Array.from(row));
  return (x) => softmax(rows.map((row, k) => row.reduce((sum, weight, i) => sum + weight * (x[i] ?? 0), bias[k] ?? 0)));
}
