import { floatsOfBytes } from '../../primitives/float-bytes.js';

/**
 * What Triton's classification extension gives in place of an output: of each item its largest values as texts
 * `<value>:<index>[:<label>]`, the largest first; of equal values the earlier one.
 *
 * @param bytes FP32, `items` rows of the same length
 * @param labels of the values of a row; undefined where they have none
 * @returns `classes` texts an item, fewer where a row has fewer values
 */
export function classify(
  bytes: Uint8Array,
  items: number,
  classes: number,
  labels: readonly string[] | undefined,
): string[][] {
  const values = floatsOfBytes(bytes);
  const size = items === 0 ? 0 : values.length / items;
  return Array.from({ length: items }, (_, item) => {
    const row = [...values.subarray(item * size, (item + 1) * size).entries()];
    const largest = row.sort(([, a], [, b]) => b - a).slice(0, classes);
    return largest.map(([index, value]) =>
      [value.toFixed(6), index, ...(labels === undefined ? [] : [labels[index]])].join(':'),
    );
  });
}

/** A BYTES tensor as it stands behind the JSON: each text in UTF-8 behind its length, four bytes, little endian. */
export function bytesOfTexts(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
