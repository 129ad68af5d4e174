import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Tensor } from '../../processors/values.js';
import { loadCard } from '../../models/card.js';
import { loadModel } from '../../models/frameworks.js';

const dir = fileURLToPath(new URL('../../models/catalogue/room-type@1', import.meta.url));
const parity = JSON.parse(readFileSync(new URL('./room-type-parity.json', import.meta.url), 'utf8')) as number[][];

function tensor(data: Float32Array): Tensor {
  return { dtype: 'float32', shape: [data.length], data };
}

/** The formula of models/train/export_parity.py. */
function outputs(v: number) {
  return { 'scene@1/features': tensor(Float32Array.from({ length: 1280 }, (_, i) => ((i * 7919 + v * 104729) % 1000) / 500)) };
}

test('agrees with the predictions that Python wrote', async () => {
  const head = await loadModel(loadCard(dir), dir, { threads: 1, device: 'cpu' });
  const { probs } = await head.run(parity.map((_, v) => outputs(v)));
  expect(probs).toHaveLength(parity.length);
  for (const [v, row] of (probs ?? []).entries()) {
    for (const [k, value] of row.entries()) expect(Math.abs(value - (parity[v]?.[k] ?? NaN))).toBeLessThan(1e-6);
  }
});

test('refuses an input of another shape and names both', async () => {
  const head = await loadModel(loadCard(dir), dir, { threads: 1, device: 'cpu' });
  expect(head.refuse(outputs(0))).toBeNull();
  expect(head.refuse({ 'scene@1/features': tensor(new Float32Array(12)) })?.message).toBe(
    'Model room-type@1 takes "scene@1/features" as float32 [1280] and was given float32 [12].',
  );
});
