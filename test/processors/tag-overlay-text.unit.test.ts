import { expect, it } from 'vitest';
import type { ModelHost } from '../../processors/ports.js';
import { tagOverlayText } from '../../processors/text/tag-overlay-text.js';
import { runOnce } from './support.js';

const side = 20;
const models: ModelHost = {
  open: () => Promise.reject(new Error('tagOverlayText must not run a model.')),
  describe: (id) =>
    Promise.resolve({
      id,
      labels: [],
      vocabulary: new Map(),
      parameters: { margin: 0.1, marginShare: 0.01, share: 0.02, fill: 0.5, probability: 0.75 },
    }),
};

interface Line {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly probability?: number;
  readonly coverage?: number;
}

/** Tags of lines that are one cell high. Each cell is 1/400 of the photo. */
function tagsOf(...lines: Line[]) {
  const [coverage, strength] = [new Float32Array(side * side), new Float32Array(side * side)];
  for (const { x, y, width, probability = 1, coverage: covered = 1 } of lines) {
    coverage.fill(covered, y * side + x, y * side + x + width);
    strength.fill(covered * probability, y * side + x, y * side + x + width);
  }
  return runOnce(tagOverlayText('overlay-text@9'), { text: { coverage, strength } }, { ports: { models } });
}

it('tagOverlayText tags each line with its box, largest first', async () => {
  expect(await tagsOf({ x: 0, y: 0, width: 4 }, { x: 4, y: 10, width: 16 })).toEqual([
    {
      name: 'overlay text',
      score: expect.closeTo(2 / 3),
      model: 'overlay-text@9',
      box: { x: 0.2, y: 0.5, width: 0.8, height: 0.05 },
    },
    {
      name: 'overlay text',
      score: expect.closeTo(0.5),
      model: 'overlay-text@9',
      box: { x: 0, y: 0, width: 0.2, height: 0.05 },
    },
  ]);
});

it('tagOverlayText needs a smaller area at the upper and lower edge, and accepts exactly the minimum area', async () => {
  const rows = [0, 1, 2, 17, 18, 19];
  const lengths = [4, 3, 7, 8];
  const found = await Promise.all(
    lengths.map(async (width) =>
      (await Promise.all(rows.map((y) => tagsOf({ x: 5, y, width })))).map((tags) => tags.length),
    ),
  );
  expect(found).toEqual([
    [1, 1, 0, 0, 1, 1],
    [0, 0, 0, 0, 0, 0],
    [1, 1, 0, 0, 1, 1],
    [1, 1, 1, 1, 1, 1],
  ]);
});

it('tagOverlayText drops uncertain and sparse regions, except at the edges', async () => {
  expect(await tagsOf({ x: 0, y: 10, width: 20, probability: 0.5 })).toEqual([]);
  expect(await tagsOf({ x: 0, y: 10, width: 20, coverage: 0.25 })).toEqual([]);
  expect(await tagsOf({ x: 0, y: 10, width: 20, probability: 0.75, coverage: 0.5 })).toHaveLength(1);
  expect(await tagsOf({ x: 0, y: 0, width: 20, probability: 0.5, coverage: 0.25 })).toHaveLength(1);
});

it('tagOverlayText scores a larger area higher', async () => {
  const scores = await Promise.all([4, 8, 20].map(async (width) => (await tagsOf({ x: 0, y: 0, width }))[0]?.score));
  expect(scores).toEqual([0.5, 2 / 3, 5 / 6].map((score) => expect.closeTo(score)));
});
