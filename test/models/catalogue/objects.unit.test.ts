import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCard } from '../../../models/card.js';
import { describeModel } from '../../../models/description.js';
import { loadModel } from '../../../models/frameworks.js';
import type { LoadedModel } from '../../../models/framework.js';
import { tagObjects } from '../../../processors/tag-objects.js';
import { decodeImage } from '../../../processors/decode-image.js';
import { resizeImage } from '../../../processors/resize-image.js';
import type { Tensor } from '../../../processors/values.js';
import { imageFile, runOnce } from '../../processors/support.js';
import { samplePhoto, samplePhotos } from '../../support/samples.js';

const catalogue = fileURLToPath(new URL('../../../models/catalogue', import.meta.url));
const names = Object.keys(samplePhotos) as (keyof typeof samplePhotos)[];

/** Converts the photo to the model's input, as the pipeline does. */
async function viewOf(name: keyof typeof samplePhotos): Promise<Tensor> {
  const pixels = await runOnce(decodeImage({ minShortSide: 512 }), { file: await imageFile(samplePhoto(name)) });
  return runOnce(resizeImage({ size: [512, 512], mode: 'squash', intermediate: [512, 512] }), { pixels });
}

function rowsOf(detections: Float32Array): number[][] {
  return Array.from({ length: detections.length / 6 }, (_, i) => [...detections.subarray(i * 6, (i + 1) * 6)]);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...[0, 1, 2, 3].map((i) => Math.abs((a[i] ?? NaN) - (b[i] ?? NaN))));
}

/** Finds the detection in `rows` that corresponds to `row`: the same class and the nearest box. */
function counterpart(row: readonly number[], rows: readonly number[][]): readonly number[] {
  return rows.filter((other) => other[5] === row[5]).sort((a, b) => distance(a, row) - distance(b, row))[0] ?? [];
}

describe('objects@1 (TensorFlow.js) and objects@2 (ONNX)', () => {
  const folders = ['objects@1', 'objects@2'].map((id) => `${catalogue}/${id}`);
  let models: LoadedModel[] = [];
  let views: Tensor[] = [];
  /** Detections by model, then by photo. */
  const detections: Float32Array[][] = [];

  beforeAll(async () => {
    models = await Promise.all(folders.map((dir) => loadModel(loadCard(dir), dir, { threads: 1, device: 'cpu' })));
    views = await Promise.all(names.map(viewOf));
    for (const model of models) {
      const answers = [];
      for (const input of views) answers.push((await model.run([{ input }]))['detections']?.[0] ?? new Float32Array());
      detections.push(answers);
    }
  }, 60_000);
  afterAll(() => Promise.all(models.map((model) => model.dispose())));

  test.each(names.map((name, i) => [name, i] as const))('agree on %s: scores, classes and boxes', (_name, i) => {
    const [first, second] = detections.map((answers) => rowsOf(answers[i] ?? new Float32Array()));
    expect(first).toHaveLength(100);
    for (const row of first ?? []) {
      const other = counterpart(row, second ?? []);
      expect(Math.abs((other[4] ?? NaN) - (row[4] ?? NaN))).toBeLessThan(1e-4);
      expect(distance(other, row) / 512).toBeLessThan(1e-4);
    }
  });

  test('locate the chair in the living room within 5 % of the photo', async () => {
    const described = Promise.resolve(describeModel(loadCard(`${catalogue}/objects@2`), `${catalogue}/objects@2`));
    const ports = { models: { describe: () => described, open: () => Promise.reject(new Error('not to be run')) } };
    const [best] = await runOnce(
      tagObjects('objects@2'),
      { objects: { detections: detections[1]?.[names.indexOf('livingRoom')] ?? new Float32Array() } },
      { ports },
    );
    expect(best).toMatchObject({ name: 'chair', model: 'objects@2' });
    const { x, y, width, height } = best?.box ?? { x: NaN, y: NaN, width: NaN, height: NaN };
    // The box as a person would draw it.
    for (const [side, drawn] of [
      [x, 0.23],
      [y, 0.58],
      [x + width, 0.63],
      [y + height, 1],
    ] as const)
      expect(Math.abs(side - drawn)).toBeLessThan(0.05);
  });

  test('return the same detections for an image in a batch and alone', async () => {
    const together = (await models[1]?.run(views.map((input) => ({ input }))))?.['detections'] ?? [];
    for (const [i, row] of together.entries()) {
      for (const [k, value] of row.entries())
        expect(Math.abs(value - (detections[1]?.[i]?.[k] ?? NaN)) / 512).toBeLessThan(1e-4);
    }
    expect(together).toHaveLength(names.length);
  });
});
