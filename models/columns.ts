import { z } from 'zod';
import type { Tensor } from '../processors/values.js';

/** The row of numbers that a model over features sees: the values of named inputs behind each other, each transformed. */

/** What is done to each number. `log` is log(x + 1e-6), for probabilities. */
const transforms = {
  identity: (x: number) => x,
  sqrt: (x: number) => Math.sqrt(Math.max(x, 0)),
  log: (x: number) => Math.log(x + 1e-6),
} as const satisfies Record<string, (x: number) => number>;

/** `output` is the input's name, such as `scene@1/features`. */
export const columns = z.array(z.strictObject({ output: z.string().min(1), size: z.int().min(1), transform: z.enum(['identity', 'sqrt', 'log']) })).min(1);

export type Columns = Readonly<z.infer<typeof columns>>;

/** The inputs that columns are made of, each once. */
export function namesOf(of: Columns): string[] {
  return [...new Set(of.map(({ output }) => output))];
}

/** Numbers in one row. */
export function widthOf(of: readonly { readonly size: number }[]): number {
  return of.reduce((sum, { size }) => sum + size, 0);
}

/** Writes the row of `inputs` into `row`; transforms compute in float64 and are rounded to what `row` holds. */
export function fillRow(row: Float32Array | Float64Array, of: Columns, inputs: Readonly<Record<string, Tensor>>): void {
  let at = 0;
  for (const { output, size, transform } of of) {
    const data = inputs[output]?.data;
    const change = transforms[transform];
    for (let i = 0; i < size; i += 1) row[at + i] = change(data?.[i] ?? NaN);
    at += size;
  }
}
