/** One detected object. */
export interface Detection {
  /** x1, y1, x2, y2 in pixels of the view. */
  readonly box: readonly number[];
  readonly score: number;
  /** Class number. */
  readonly kind: number;
}

/** Splits an output `detections` into its rows: x1, y1, x2, y2, score, class. */
export function detectionsOf(output: Float32Array = new Float32Array()): Detection[] {
  return Array.from({ length: output.length / 6 }, (_, i) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, kind = NaN] = output.subarray(i * 6, (i + 1) * 6);
    return { box: [x1, y1, x2, y2], score, kind };
  });
}

/** Returns the distance of two boxes: the largest difference of a side, in pixels of the view. */
export function distanceOf(a: Detection, b: Detection): number {
  return Math.max(...a.box.map((at, i) => Math.abs(at - (b.box[i] ?? NaN))));
}
