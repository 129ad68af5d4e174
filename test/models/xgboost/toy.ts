import { readFileSync } from 'node:fs';
import type { Inputs } from '../../../models/framework.js';

/** The rows and models that make_parity.py wrote. */

export const toyRows = 1000;
const sizes = { scores: 8, facts: 6 } as const;
const width = sizes.scores + sizes.facts;

export function float32File(name: string): Float32Array {
  const bytes = readFileSync(new URL(name, import.meta.url));
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

const raw = float32File('inputs.f32');

export function toyInputs(row: number): Inputs {
  const at = (row % toyRows) * width;
  return { scores: tensor(raw.slice(at, at + sizes.scores)), facts: tensor(raw.slice(at + sizes.scores, at + width)) };
}

function tensor(data: Float32Array) {
  return { dtype: 'float32' as const, shape: [data.length], data };
}
