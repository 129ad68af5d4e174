import { expect, it } from 'vitest';
import type { ModelHost } from '../../processors/ports.js';
import { tagObjects } from '../../processors/tag-objects.js';
import { runOnce } from './support.js';

const [person, sofa, cup] = [0, 1, 2];

const models: ModelHost = {
  open: () => Promise.reject(new Error('tagObjects must not run a model.')),
  describe: (id) =>
    Promise.resolve({
      id,
      labels: ['person', 'couch', 'cup'],
      parameters: { threshold: 0.25, overlap: 0.5, side: 200 },
      vocabulary: new Map([
        [person, 'person'],
        [sofa, 'sofa'],
      ]),
    }),
};

function tagsOf(...rows: number[][]) {
  return runOnce(
    tagObjects('objects@9'),
    { objects: { detections: Float32Array.from(rows.flat()) } },
    { ports: { models } },
  );
}

it('tagObjects tags detections in the vocabulary above the threshold, best first, with boxes as fractions', async () => {
  const tags = await tagsOf(
    [0, 0, 100, 50, 0.125, person],
    [50, 100, 150, 200, 0.5, sofa],
    [0, 0, 50, 50, 0.9, cup],
    [100, 0, 200, 20, 0.75, person],
  );
  expect(tags).toEqual([
    { name: 'person', score: 0.75, model: 'objects@9', box: { x: 0.5, y: 0, width: 0.5, height: expect.closeTo(0.1) } },
    { name: 'sofa', score: 0.5, model: 'objects@9', box: { x: 0.25, y: 0.5, width: 0.5, height: 0.5 } },
  ]);
});

it('tagObjects clips boxes to the photo, and drops boxes outside it', async () => {
  const tags = await tagsOf([-20, -10, 100, 300, 0.9, sofa], [210, 0, 260, 50, 0.8, sofa], [20, 20, 10, 10, 0.8, sofa]);
  expect(tags.map(({ box }) => box)).toEqual([{ x: 0, y: 0, width: 0.5, height: 1 }]);
});

it('tagObjects merges overlapping boxes of one name, but keeps neighbours and other names', async () => {
  const left = [0, 0, 100, 100, 0.5, sofa];
  expect(await tagsOf(left, [100, 0, 200, 100, 0.5, sofa])).toHaveLength(2);
  expect(await tagsOf(left, [50, 0, 150, 100, 0.5, sofa])).toHaveLength(2); // an intersection over union of one third
  expect(await tagsOf(left, [0, 0, 100, 100, 0.5, person])).toHaveLength(2);
  expect((await tagsOf(left, [10, 0, 110, 100, 0.75, sofa])).map(({ score }) => score)).toEqual([0.75]);
});

it('tagObjects accepts a score equal to the threshold', async () => {
  expect(await tagsOf([0, 0, 100, 100, 0.25, sofa])).toHaveLength(1);
});
