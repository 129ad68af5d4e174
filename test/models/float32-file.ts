import { readFileSync } from 'node:fs';

/** Reads little-endian float32, the format of numpy's `tofile`. */
export function float32File(file: URL): Float32Array {
  const bytes = readFileSync(file);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

/** Splits the values into rows of `width`. */
export function rowsOf(values: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));
}
