import { describe, expect, it } from 'vitest';
import { cutLine } from '../../processors/text/line-cutter.js';
import type { Tensor } from '../../processors/values.js';

const [width, height] = [400, 200];
/** Area of the letters (pixels): upright bars, four wide and four apart. */
const letters = { left: 100, right: 300, top: 90, bottom: 110 };

/** A grey photo with bars for letters. With `strip`, they are on a dark strip over the whole width, like a banner. */
function photo({ strip = false, wide = false } = {}) {
  const data = new Uint8Array(width * height * 3).fill(100);
  const [left, right] = wide ? [4, width - 4] : [letters.left, letters.right];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      if (strip && y >= 70 && y < 130) data.fill(20, at, at + 3);
      if (y >= letters.top && y < letters.bottom && x >= left && x < right && x % 8 < 4) data.fill(250, at, at + 3);
    }
  }
  return { data, width, height };
}

const boxOf = ({ left, right, top, bottom }: typeof letters) => ({
  x: left / width,
  y: top / height,
  width: (right - left) / width,
  height: (bottom - top) / height,
});

/** Green value at a row and column. */
const at = ({ data, shape: [, columns = 0] }: Tensor, row: number, column: number) =>
  data[(row * columns + column) * 3 + 1] ?? NaN;

/** Returns the rows of the tensor that contain letters, recognised by bright green values. */
function rowsOfLetters(tensor: Tensor): { first: number; last: number } {
  const rows = Array.from({ length: tensor.shape[0] ?? 0 }, (_, row) => row);
  const inked = rows.filter((row) =>
    Array.from({ length: 200 }, (_, column) => at(tensor, row, column)).some((green) => green > 200),
  );
  return { first: inked[0] ?? NaN, last: inked.at(-1) ?? NaN };
}

describe('cutLine', () => {
  it.each([
    ['exact', letters],
    ['one cell too high on both sides', { ...letters, top: 80, bottom: 120 }],
    ['only the core of the letters', { ...letters, top: 95, bottom: 106 }],
    ['too far up', { ...letters, top: 78, bottom: 108 }],
  ])('scales the line to the same height when its box is %s', async (_name, box) => {
    for (const strip of [false, true]) {
      const { first, last } = rowsOfLetters(await cutLine(photo({ strip }), boxOf(box), [480, 48]));
      expect(first).toBeGreaterThan(2);
      expect(last).toBeLessThan(45);
      expect(last - first).toBeGreaterThan(20);
    }
  });

  it('keeps the aspect ratio and pads a short line with grey on the right', async () => {
    const tensor = await cutLine(photo(), boxOf({ ...letters, left: 100, right: 140 }), [480, 48]);
    expect(tensor).toMatchObject({ dtype: 'uint8', shape: [48, 480, 3] });
    expect(tensor.data).toHaveLength(480 * 48 * 3);
    const right = Array.from({ length: 48 }, (_, row) => [at(tensor, row, 300), at(tensor, row, 479)]);
    expect(new Set(right.flat())).toEqual(new Set([128]));
    expect(at(tensor, 24, 479)).not.toBe(at(tensor, 24, 0));
  });

  it('squeezes a line that is too wide', async () => {
    const tensor = await cutLine(photo({ wide: true }), boxOf({ ...letters, left: 0, right: width }), [240, 48]);
    const middle = Array.from({ length: 240 }, (_, column) => at(tensor, 24, column));
    expect(new Set(middle.slice(-20)).size).toBeGreaterThan(3);
  });

  it('stays within the photo', async () => {
    const tensor = await cutLine(photo(), { x: 0.9, y: 0.95, width: 0.1, height: 0.05 }, [480, 48]);
    expect(at(tensor, 24, 5)).toBe(100);
  });

  it('does not change the photo', async () => {
    const image = photo();
    const before = Uint8Array.from(image.data);
    await cutLine(image, boxOf(letters), [480, 48]);
    expect(image.data).toEqual(before);
  });
});
