import { expect, test } from 'vitest';
import { qualityOf } from '../../processors/image-quality.js';

function picture(width: number, height: number, grey: (x: number, y: number) => number) {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i += 1) data.fill(grey(i % width, Math.floor(i / width)), i * 3, i * 3 + 3);
  return { data, width, height };
}

test.each([
  ['black', picture(8, 8, () => 0), { meanLuma: 0, sharpness: 0 }],
  ['white', picture(8, 8, () => 255), { meanLuma: 255, sharpness: 0 }],
  ['a ramp without edges', picture(16, 8, (x) => x * 8), { meanLuma: 60, sharpness: 0 }],
  // The Laplacian is +-400 (4 * 100, and neighbours of 0), in equal numbers: variance 400^2.
  ['a chessboard of edges', picture(10, 10, (x, y) => ((x + y) % 2) * 100), { meanLuma: 50, sharpness: 160000 }],
  ['an image too small for edges', picture(2, 2, () => 9), { meanLuma: 9, sharpness: 0 }],
])('qualityOf measures %s', (_name, image, expected) => {
  expect(qualityOf(image)).toEqual(expected);
});

test('qualityOf rejects data of the wrong size', () => {
  expect(() => qualityOf({ data: new Uint8Array(5), width: 1, height: 1 })).toThrow('1 x 1 RGB has 3 bytes, not 5.');
});
