import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FanlightError } from '../../../schemas/failure.js';
import { loadCard } from '../../../models/card.js';
import { loadOnnx, type LoadedModel } from '../../../models/onnx/session.js';

const catalogue = fileURLToPath(new URL('../../../models/catalogue', import.meta.url));
const rowBytes = 224 * 224 * 3;

/** Creates deterministic images that differ from each other: coarse colour fields. */
function image(seed: number): Uint8Array {
  const pixels = new Uint8Array(rowBytes);
  for (let i = 0; i < rowBytes; i += 1) {
    const cell = Math.floor(i / 3 / 224 / 28) * 8 + Math.floor(((i / 3) % 224) / 28);
    pixels[i] = ((cell + 1) * (seed + 3) * 37 + (i % 3) * 71) % 256;
  }
  return pixels;
}

function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(...a.flatMap((row, i) => Array.from(row, (value, j) => Math.abs(value - (b[i]?.[j] ?? NaN)))));
}

describe.each(['scene@1', 'scene@2', 'moderation@1', 'moderation@2'])('%s', (id) => {
  const dir = `${catalogue}/${id}`;
  const card = loadCard(dir);
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadOnnx(card, dir, { threads: 1, device: 'cpu' });
  });
  afterAll(() => model.dispose());

  test('returns the same outputs for an image alone, in a small batch and in the largest batch', async () => {
    const images = Array.from({ length: card.maxBatch }, (_, i) => image(i));
    const largest = await model.run(images);
    const three = await model.run(images.slice(0, 3));
    const alone = await model.run(images.slice(2, 3));
    for (const { name, shape } of card.outputs) {
      const rows = largest[name] ?? [];
      expect(rows.map((row) => row.length)).toEqual(images.map(() => shape[1] ?? 1));
      expect(largestDifference(rows.slice(0, 3), three[name] ?? [])).toBeLessThan(1e-5);
      expect(largestDifference(rows.slice(2, 3), alone[name] ?? [])).toBeLessThan(1e-5);
      expect(largestDifference(rows.slice(0, 1), rows.slice(1, 2))).toBeGreaterThan(1e-5);
    }
  });

  test('returns the right rows to each of several concurrent batches', async () => {
    const alone = [];
    for (const seed of [0, 1, 2]) alone.push(await model.run([image(seed)]));
    expect(await Promise.all([0, 1, 2].map((seed) => model.run([image(seed)])))).toEqual(alone);
  });

  test('does not block the event loop while it computes', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await model.run(Array.from({ length: card.maxBatch }, (_, i) => image(i)));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  test('returns empty lists for an empty batch', async () => {
    expect(await model.run([])).toEqual(Object.fromEntries(card.outputs.map(({ name }) => [name, []])));
  });

  test('rejects an input of the wrong size and names both shapes', async () => {
    await expect(model.run([image(0), new Uint8Array(12)])).rejects.toThrow(
      new FanlightError({
        code: 'wrong-tensor',
        message: `Model ${id} takes uint8 [224,224,3] (150528 values), but input 1 of the batch has [12].`,
        remedy: "Preprocess images to the input spec of the model's card.",
      }),
    );
  });

  test('rejects a batch larger than the card allows', async () => {
    await expect(model.run(Array.from({ length: card.maxBatch + 1 }, () => image(0)))).rejects.toThrow(
      `Model ${id} takes at most ${card.maxBatch} images at once, but got ${card.maxBatch + 1}.`,
    );
  });
});

test('an ONNX model that is loaded twice gives two independent instances', async () => {
  const dir = `${catalogue}/scene@1`;
  const card = loadCard(dir);
  const [first, second] = await Promise.all([1, 1].map((threads) => loadOnnx(card, dir, { threads, device: 'cpu' })));
  const before = await second?.run([image(0)]);
  await first?.dispose();
  expect(await second?.run([image(0)])).toEqual(before);
  await second?.dispose();
});

test('instances of an ONNX model run batches concurrently', async () => {
  const dir = `${catalogue}/scene@1`;
  const card = loadCard(dir);
  const model = await loadOnnx(card, dir, { threads: 1, instances: 2, device: 'cpu' });
  await model.warmUp();
  const finished: string[] = [];
  const [large, small] = await Promise.all([
    model.run(Array.from({ length: card.maxBatch }, (_, seed) => image(seed))).finally(() => finished.push('large')),
    model.run([image(0)]).finally(() => finished.push('small')),
  ]);
  expect(finished).toEqual(['small', 'large']);
  expect(largestDifference([small['probs']![0]!], [large['probs']![0]!])).toBeLessThan(1e-5);
  await model.dispose();
});

test('a disposed ONNX model rejects batches, and can be loaded again', async () => {
  const dir = `${catalogue}/scene@1`;
  const card = loadCard(dir);
  const [first, other] = [
    await loadOnnx(card, dir, { threads: 1, device: 'cpu' }),
    loadCard(`${catalogue}/moderation@1`),
  ];
  const second = await loadOnnx(other, `${catalogue}/moderation@1`, { threads: 1, device: 'cpu' });
  await first.dispose();
  await expect(first.run([image(0)])).rejects.toThrow('Model scene@1 failed: it was disposed.');
  await second.dispose();
  const again = await loadOnnx(card, dir, { threads: 1, device: 'cpu' });
  expect(Object.keys(await again.run([image(0)]))).toEqual(['probs', 'features']);
  await again.dispose();
});

test('loadOnnx rejects weights that lack an output of the card', async () => {
  const dir = `${catalogue}/scene@1`;
  const card = loadCard(dir);
  const extra = { name: 'boxes', shape: ['N', 4] as ['N', number], dtype: 'float32' as const, meaning: 'none' };
  await expect(
    loadOnnx({ ...card, outputs: [...card.outputs, extra] }, dir, { threads: 1, device: 'cpu' }),
  ).rejects.toThrow(
    'Model scene@1 cannot be loaded: the weights have the outputs probs, features, but the card also names boxes.',
  );
});
