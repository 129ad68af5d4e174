/** Photo quality (brightness and sharpness) by arithmetic, without a trained model. */

export interface RgbImage {
  /** RGB, row-major, width x height x 3. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Quality {
  /** Mean luma (ITU-R BT.601), 0 (black) to 255 (white). */
  readonly meanLuma: number;
  /**
   * Variance of the Laplacian of the luma, in squared luma levels. It is low for an image without edges, and 0 for
   * images under 3 pixels a side. It depends on the scale, so compare only images whose long side is 512. Source:
   * Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
   */
  readonly sharpness: number;
}

/** Measures an image in two passes: one over the pixels, one over their luma. It does not change the pixels. */
export function qualityOf({ data, width, height }: RgbImage): Quality {
  const count = width * height;
  if (data.length !== count * 3)
    throw new RangeError(`${width} x ${height} RGB has ${count * 3} bytes, not ${data.length}.`);
  const luma = new Uint8Array(count);
  let total = 0;
  for (let i = 0, p = 0; i < count; i += 1, p += 3) {
    // BT.601 weights in 1/256: 0.299, 0.587, 0.114. The indices are within bounds by the check above.
    const value = (77 * data[p]! + 150 * data[p + 1]! + 29 * data[p + 2]! + 128) >> 8;
    luma[i] = value;
    total += value;
  }
  return { meanLuma: count === 0 ? 0 : total / count, sharpness: laplacianVariance(luma, width, height) };
}

/** Variance over the pixels that have four neighbours. The sums stay exact integers below 2^53. */
function laplacianVariance(luma: Uint8Array, width: number, height: number): number {
  const inner = (width - 2) * (height - 2);
  if (width < 3 || height < 3) return 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    const row = y * width;
    for (let i = row + 1; i < row + width - 1; i += 1) {
      const value = 4 * luma[i]! - luma[i - 1]! - luma[i + 1]! - luma[i - width]! - luma[i + width]!;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / inner;
  return squares / inner - mean * mean;
}
