import type { Box } from '../../schemas/events.js';
import { resizeToPlan } from '../decoding/pixel-resizing.js';
import type { RawImage } from '../decoding/resampling/resampler.js';
import type { Tensor } from '../values.js';

/** Pixels: [left, right) x [top, bottom). */
interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Margin around the box, as a fraction of its height: a detector marks only the core of the letters. */
const margin = 0.6;
/** Rows with less than this fraction of the strongest row's edges do not belong to the line. */
const faint = 0.18;
/** Padding above and below the line, as a fraction of its height. */
const air = 0.4;
/** Background value: mid-grey, as in the training data of text recognition models. */
const ground = 128;

/**
 * Crops the line of text in a box and scales it to the height of `size`. A short line is padded with grey on the right;
 * a line that is too wide is squeezed. The box may be coarse: edges locate the rows of the line. If the box holds
 * several lines, the one with the strongest edges is taken.
 */
export async function cutLine(
  image: RawImage,
  box: Box,
  [width, height]: readonly [width: number, height: number],
): Promise<Tensor> {
  const rows = rowsOfLine(image, widened(image, box));
  const line = cutOut(image, rows);
  const fitting = Math.max(1, Math.min(width, Math.round((height * line.width) / line.height)));
  const pixels = await resizeToPlan(line, {
    width: fitting,
    height,
    left: 0,
    top: 0,
    size: [fitting, height],
    kernel: 'cubic',
  });
  const data = new Uint8Array(width * height * 3).fill(ground);
  for (let row = 0; row < height; row += 1)
    data.set(pixels.subarray(row * fitting * 3, (row + 1) * fitting * 3), row * width * 3);
  return { dtype: 'uint8', shape: [height, width, 3], data };
}

function widened({ width, height }: RawImage, box: Box): Rectangle {
  const [left, top] = [box.x * width, box.y * height];
  const [right, bottom] = [left + box.width * width, top + box.height * height];
  const more = margin * (bottom - top);
  return {
    left: Math.max(0, Math.floor(left - more)),
    top: Math.max(0, Math.floor(top - more)),
    right: Math.min(width, Math.ceil(right + more)),
    bottom: Math.min(height, Math.ceil(bottom + more)),
  };
}

/**
 * Trims the rectangle to the rows of one line: it starts at the strongest row and extends while rows have enough edges.
 */
function rowsOfLine(image: RawImage, around: Rectangle): Rectangle {
  const edges = rowEdges(image, around);
  const strongest = edges.indexOf(Math.max(...edges));
  const least = (edges[strongest] ?? 0) * faint;
  let [first, last] = [strongest, strongest];
  while (first > 0 && (edges[first - 1] ?? 0) > least) first -= 1;
  while (last < edges.length - 1 && (edges[last + 1] ?? 0) > least) last += 1;
  const more = Math.ceil(air * (last - first + 1));
  return {
    ...around,
    top: Math.max(around.top, around.top + first - more),
    bottom: Math.min(around.bottom, around.top + last + 1 + more),
  };
}

/** Returns, per row, the sum of the absolute differences between neighbouring pixels in the green channel. */
function rowEdges({ data, width }: RawImage, { left, top, right, bottom }: Rectangle): number[] {
  const sums: number[] = [];
  for (let y = top; y < bottom; y += 1) {
    let sum = 0;
    for (let at = (y * width + left) * 3 + 1, end = (y * width + right - 1) * 3; at < end; at += 3)
      sum += Math.abs((data[at + 3] ?? 0) - (data[at] ?? 0));
    sums.push(sum);
  }
  return sums;
}

function cutOut({ data, width }: RawImage, { left, top, right, bottom }: Rectangle): RawImage {
  const cut = new Uint8Array((right - left) * (bottom - top) * 3);
  for (let y = top; y < bottom; y += 1)
    cut.set(data.subarray((y * width + left) * 3, (y * width + right) * 3), (y - top) * (right - left) * 3);
  return { data: cut, width: right - left, height: bottom - top };
}
