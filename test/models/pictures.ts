import type { Inputs } from '../../models/framework.js';

/** Creates deterministic pictures that differ from each other: coarse colour fields, an eighth of a side each. */
export function picture(seed: number, side: number): Inputs {
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < data.length; i += 1) {
    const cell = Math.floor(i / 3 / side / (side / 8)) * 8 + Math.floor(((i / 3) % side) / (side / 8));
    data[i] = ((cell + 1) * (seed + 3) * 37 + (i % 3) * 71) % 256;
  }
  return { input: { dtype: 'uint8', shape: [side, side, 3], data } };
}
