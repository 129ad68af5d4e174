import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCard } from '../../../models/card.js';
import { loadModel } from '../../../models/frameworks.js';
import { decodeImage } from '../../../processors/decode-image.js';
import { resizeImage } from '../../../processors/resize-image.js';
import { imageFile, runOnce } from '../../processors/support.js';
import { samplePhoto, samplePhotos } from '../../support/samples.js';

const catalogue = fileURLToPath(new URL('../../../models/catalogue', import.meta.url));
const names = Object.keys(samplePhotos) as (keyof typeof samplePhotos)[];

/** The outputs of a model for all sample photos, concatenated. */
async function answersOf(id: string): Promise<Readonly<Record<string, readonly number[]>>> {
  const dir = `${catalogue}/${id}`;
  const card = loadCard(dir);
  if (card.input.kind !== 'image') throw new Error(`${id} is not an image model.`);
  const { size, resize } = card.input;
  if (resize.mode === 'pieces') throw new Error(`${id} takes crops, not whole photos.`);
  const model = await loadModel(card, dir, { threads: 1, device: 'cpu' });
  const batch = [];
  for (const name of names) {
    const pixels = await runOnce(decodeImage({ minShortSide: 512 }), { file: await imageFile(samplePhoto(name)) });
    batch.push({ input: await runOnce(resizeImage({ size, ...resize }), { pixels }) });
  }
  const outputs = await model.run(batch);
  await model.dispose();
  return Object.fromEntries(Object.entries(outputs).map(([name, rows]) => [name, rows.flatMap((row) => [...row])]));
}

function meanDifference(a: readonly number[] = [], b: readonly number[] = []): number {
  return a.length === b.length ? a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? NaN)), 0) / a.length : NaN;
}

describe('int8 versions differ little from their originals on the sample photos', () => {
  test.each([
    ['scene@1', 'scene@2', { probs: 0.0005, features: 0.08 }],
    ['moderation@1', 'moderation@2', { nsfw: 0.01 }],
  ] as const)('%s and %s', { timeout: 60_000 }, async (original, int8, most) => {
    const [expected, given] = [await answersOf(original), await answersOf(int8)];
    expect(Object.keys(given)).toEqual(Object.keys(most));
    for (const [name, difference] of Object.entries(most)) {
      const mean = meanDifference(expected[name], given[name]);
      expect(mean, name).toBeGreaterThan(0);
      expect(mean, name).toBeLessThan(difference);
    }
  });
});
