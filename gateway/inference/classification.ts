import { floatsOfBytes } from '../../primitives/float-bytes.js';

/**
 * The output in the form of Triton's classification extension: for each item its largest values as texts
 * `<value>:<index>[:<label>]`, the largest first. Equal values keep their order.
 *
 * @param bytes FP32, `items` rows of the same length
 * @param labels labels of the values of a row; undefined when the output has none
 * @returns `classes` texts for each item, or fewer when a row has fewer values
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

/** The bytes of a BYTES tensor after the JSON: for each text its length (4 bytes, little endian), then its UTF-8. */
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
