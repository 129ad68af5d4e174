import { z } from 'zod';
import { columns, widthOf, type Columns } from '../columns.js';
import { softmax } from '../softmax.js';

/** Multinomial logistic regression over other models' outputs: small enough to read, exact on every machine. */

export const linearWeights = z
  .strictObject({
    classes: z.array(z.string().min(1)).min(2),
    /** The other models' outputs, in the order of the columns. */
    inputs: columns,
    /** One row a class, one column a value; standardisation and temperature are already folded in. */
    weights: z.array(z.array(z.number())),
    bias: z.array(z.number()),
  })
  .refine(isComplete, {
    path: ['weights'],
    message: 'expected one row and one bias a class, and one column for each value of the inputs',
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

/** The head as a function: probabilities [classes], summing to 1, of a row of `inputs` (`models/columns.ts`). */
export function linearHead({
  weights,
  bias,
}: Pick<LinearWeights, 'weights' | 'bias'>): (row: Float64Array) => Float32Array {
  const rows = weights.map((row) => Float64Array.from(row));
  return (x) => softmax(rows.map((row, k) => row.reduce((sum, weight, i) => sum + weight * (x[i] ?? 0), bias[k] ?? 0)));
}
