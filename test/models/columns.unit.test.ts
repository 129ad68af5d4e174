import { expect, test } from 'vitest';
import { fillRow, widthOf, type Columns } from '../../models/columns.js';
import type { Tensor } from '../../processors/values.js';

const tensor = (...data: number[]): Tensor => ({
  dtype: 'float32',
  shape: [data.length],
  data: Float32Array.from(data),
});

function row(columns: Columns, inputs: Readonly<Record<string, Tensor>>): number[] {
  const made = new Float64Array(widthOf(columns)).fill(7);
  fillRow(made, columns, inputs);
  return Array.from(made);
}

test('fillRow concatenates the transformed values and writes NaN for missing ones', () => {
  const columns: Columns = [
    { output: 'a@1/x', size: 2, transform: 'identity' },
    { output: 'b@1/x', size: 2, transform: 'sqrt' },
    { output: 'a@1/x', size: 1, transform: 'log' },
    { output: 'c@1/x', size: 1, transform: 'identity' },
  ];
  expect(row(columns, { 'a@1/x': tensor(1, -2), 'b@1/x': tensor(9, -1) })).toEqual([
    1,
    -2,
    3,
    0,
    Math.log(1 + 1e-6),
    NaN,
  ]);
});

test('fillRow summarises detections by class: best score, and largest product of score and area within the square', () => {
  const detections = { output: 'o@1/d', size: 24, classes: 3, side: 100 };
  const found = tensor(
    0,
    0,
    50,
    50,
    0.25,
    1, // a quarter of the square
    -50,
    0,
    50,
    100,
    0.16,
    1, // half of the box lies in the square
    0,
    0,
    10,
    10,
    0.5,
    2,
    0,
    0,
    100,
    100,
    0.9,
    3, // a class beyond `classes`
  );
  const made = row(
    [
      { ...detections, transform: 'class-scores' },
      { ...detections, transform: 'class-areas' },
    ],
    { 'o@1/d': found },
  );
  const expected = [0, 0.5, Math.sqrt(0.5), 0, Math.sqrt(0.08), Math.sqrt(0.005)];
  expect(made).toHaveLength(6);
  for (const [at, value] of expected.entries()) expect(made[at]).toBeCloseTo(value, 6);
});
