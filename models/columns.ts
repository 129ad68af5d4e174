import { z } from 'zod';
import type { Tensor } from '../processors/values.js';

/** The input row of a features model: the values of its named inputs, concatenated, each transformed. */

/** Elementwise transforms. `log` is log(x + 1e-6), for probabilities. */
const changes = {
  identity: (x: number) => x,
  sqrt: (x: number) => Math.sqrt(Math.max(x, 0)),
  log: (x: number) => Math.log(x + 1e-6),
} as const satisfies Record<string, (x: number) => number>;

/** x1, y1, x2, y2 in pixels of a square, score, class. */
const valuesOfDetection = 6;

/** The value of one detection for its class. A class gets the largest value of its detections, or 0 without any. */
const summaries = {
  'class-scores': (score: number) => Math.sqrt(score),
  /** A certain object that covers half the square weighs as much as a half-certain object that covers all of it. */
  'class-areas': (score: number, area: number) => Math.sqrt(score * area),
} as const satisfies Record<string, (score: number, area: number) => number>;

/** `output` is the name of the input, such as `scene@1/features`. `size` is the number of its values. */
const input = { output: z.string().min(1), size: z.int().min(1) };
const changed = z.strictObject({ ...input, transform: z.enum(['identity', 'sqrt', 'log']) });
/** Rows of detections (`objects@2/detections`) in a square of `side` pixels, reduced to one number per class. */
const summarised = z.strictObject({
  ...input,
  transform: z.enum(['class-scores', 'class-areas']),
  classes: z.int().min(1),
  side: z.int().min(1),
});

export const columns = z.array(z.discriminatedUnion('transform', [changed, summarised])).min(1);

export type Columns = Readonly<z.infer<typeof columns>>;

/** Names of the inputs that the columns read, without duplicates. */
export function namesOf(of: Columns): string[] {
  return [...new Set(of.map(({ output }) => output))];
}

/** Length of one row. */
export function widthOf(of: Columns): number {
  return of.reduce((sum, column) => sum + ('classes' in column ? column.classes : column.size), 0);
}

/** Writes the transformed `inputs` into `row`. Transforms compute in float64; storing rounds to the type of `row`. */
export function fillRow(row: Float32Array | Float64Array, of: Columns, inputs: Readonly<Record<string, Tensor>>): void {
  let at = 0;
  for (const column of of) {
    const data = inputs[column.output]?.data;
    if ('classes' in column) {
      row.fill(0, at, at + column.classes);
      if (data) summarise(row.subarray(at, at + column.classes), data, column);
      at += column.classes;
    } else {
      const change = changes[column.transform];
      for (let i = 0; i < column.size; i += 1) row[at + i] = change(data?.[i] ?? NaN);
      at += column.size;
    }
  }
}

function summarise(
  into: Float32Array | Float64Array,
  data: Tensor['data'],
  { transform, side }: z.infer<typeof summarised>,
): void {
  const clipped = (at: number) => Math.min(1, Math.max(0, at / side));
  for (let i = 0; i + valuesOfDetection <= data.length; i += valuesOfDetection) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, kind = NaN] = data.subarray(i, i + valuesOfDetection);
    const area = Math.max(0, clipped(x2) - clipped(x1)) * Math.max(0, clipped(y2) - clipped(y1));
    const value = summaries[transform](Math.max(0, score), area);
    if (value > (into[kind] ?? Infinity)) into[kind] = value;
  }
}
