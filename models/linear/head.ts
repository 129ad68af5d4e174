import { z } from 'zod';

/** Multinomial logistic regression over another model's outputs: small enough to read, exact on every machine. */

/** What is done to each number before it is weighed. `log` is log(x + 1e-6), for probabilities. */
const transforms = {
  identity: (x: number) => x,
  sqrt: (x: number) => Math.sqrt(Math.max(x, 0)),
  log: (x: number) => Math.log(x + 1e-6),
} as const satisfies Record<string, (x: number) => number>;

export const linearWeights = z
  .strictObject({
    classes: z.array(z.string().min(1)).min(2),
    /** The other model's outputs, in the order of the columns. */
    inputs: z.array(z.strictObject({ output: z.string(), size: z.int().min(1), transform: z.enum(['identity', 'sqrt', 'log']) })).min(1),
    /** One row a class, one column a value; standardisation and temperature are already folded in. */
    weights: z.array(z.array(z.number())),
    bias: z.array(z.number()),
  })
  .refine(isComplete, { path: ['weights'], message: 'expected one row and one bias a class, and one column for each value of the inputs' });

export type LinearWeights = z.infer<typeof linearWeights>;

/** Values that one input has. */
export function widthOf(inputs: readonly { readonly size: number }[]): number {
  return inputs.reduce((sum, input) => sum + input.size, 0);
}

function isComplete({ classes, inputs, weights, bias }: { classes: string[]; inputs: { size: number }[]; weights: number[][]; bias: number[] }): boolean {
  return weights.length === classes.length && bias.length === classes.length && weights.every((row) => row.length === widthOf(inputs));
}

/**
 * The head as a function: probabilities [classes], summing to 1, of `values` [sum of the input sizes], the outputs of
 * the other model for one image behind each other in the order of `inputs`.
 */
export function linearHead({ inputs, weights, bias }: LinearWeights): (values: ArrayLike<number>) => Float32Array {
  const rows = weights.map((row) => Float64Array.from(row));
  const changes = inputs.flatMap(({ size, transform }) => Array.from({ length: size }, () => transforms[transform]));

  return function probabilities(values) {
    const x = Float64Array.from(changes, (change, i) => change(values[i] ?? NaN));
    return softmax(rows.map((row, k) => row.reduce((sum, weight, i) => sum + weight * (x[i] ?? 0), bias[k] ?? 0)));
  };
}

/** Shifted by the largest, so that nothing overflows. */
function softmax(logits: readonly number[]): Float32Array {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}
