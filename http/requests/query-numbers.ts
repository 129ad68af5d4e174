import { z } from 'zod';

/** Schema of a whole number in a query, which arrives as text. */
export function queryInteger(range: z.ZodType<number, number>) {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'Must be a whole number')
    .transform(Number)
    .pipe(range);
}

/** Schema of a score in a query. */
export function queryScore() {
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,20})?(e-?\d{1,3})?$/i, 'Must be a number from 0 to 1')
    .transform(Number)
    .pipe(z.number().min(0).max(1, 'Must be a number from 0 to 1'));
}
