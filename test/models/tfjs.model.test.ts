import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCard, type ModelCard } from '../../models/card.js';
import type { LoadedModel } from '../../models/framework.js';
import { tfjs } from '../../models/tfjs/framework.js';
import { frameworkConformance } from './conformance.js';
import { picture } from './pictures.js';

const options = { threads: 1, device: 'cpu' } as const;
const objects = fileURLToPath(new URL('../../models/catalogue/objects@1', import.meta.url));

/** Folder of a small graph with 12 MiB of weights: it computes fast, but a leaked model is visible in the memory. */
const folder = mkdtempSync(join(tmpdir(), 'tfjs-'));

const [values, hidden, features] = [8 * 8 * 3, 16384, 64];

const float = { type: 'DT_FLOAT' };
const model = {
  format: 'graph-model',
  modelTopology: {
    versions: { producer: 1 },
    node: [
      {
        name: 'input',
        op: 'Placeholder',
        attr: {
          dtype: float,
          shape: { shape: { dim: [{ size: '-1' }, { size: '8' }, { size: '8' }, { size: '3' }] } },
        },
      },
      ...['kernel', 'flat', 'groups', 'axis'].map((name) => ({
        name,
        op: 'Const',
        attr: { dtype: name === 'kernel' ? float : { type: 'DT_INT32' } },
      })),
      { name: 'pixels', op: 'Reshape', input: ['input', 'flat'], attr: { T: float } },
      { name: 'product', op: 'MatMul', input: ['pixels', 'kernel'], attr: { T: float } },
      { name: 'positive', op: 'Relu', input: ['product'], attr: { T: float } },
      { name: 'grouped', op: 'Reshape', input: ['positive', 'groups'], attr: { T: float } },
      { name: 'scope/features', op: 'Mean', input: ['grouped', 'axis'], attr: { T: float, keep_dims: { b: false } } },
    ],
  },
  weightsManifest: [
    { paths: ['kernel.bin'], weights: [{ name: 'kernel', shape: [values, hidden], dtype: 'float32' }] },
    {
      paths: ['shapes.bin'],
      weights: [
        { name: 'flat', shape: [2], dtype: 'int32' },
        { name: 'groups', shape: [3], dtype: 'int32' },
        { name: 'axis', shape: [1], dtype: 'int32' },
      ],
    },
  ],
};

/** Returns an arbitrary value between -1 and 1. */
function kernelAt(i: number): number {
  return (((i * 7919) % 1009) - 504) / 504;
}

function write(name: string, content: string | Uint8Array) {
  writeFileSync(join(folder, name), content);
  return { file: name, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
}

const json = JSON.stringify(model);
const shards = [
  write('kernel.bin', new Uint8Array(Float32Array.from({ length: values * hidden }, (_, i) => kernelAt(i)).buffer)),
  write('shapes.bin', new Uint8Array(Int32Array.of(-1, values, -1, features, hidden / features, 2).buffer)),
];
const card: ModelCard = {
  ...loadCard(objects),
  weights: { ...write('model.json', json), data: shards },
  input: {
    kind: 'image',
    size: [8, 8],
    resize: { mode: 'squash', intermediate: [8, 8] },
    colour: 'RGB',
    layout: 'NHWC',
    dtype: 'uint8',
  },
  outputs: [{ name: 'features', shape: ['N', features], dtype: 'float32', meaning: 'sums of nothing in particular' }],
  maxBatch: 4,
};
write('card.json', JSON.stringify(card));

// Stays loaded for all tests, so that the thread starts only once.
let kept: LoadedModel;
beforeAll(async () => {
  kept = await tfjs.load(card, folder, options);
});
afterAll(async () => {
  await kept.dispose();
  rmSync(folder, { recursive: true });
});

/** Computes the graph with plain loops. */
function expected(seed: number): number[] {
  const pixels = Array.from(picture(seed, 8)['input']!.data);
  const sums = new Array<number>(features).fill(0);
  for (let column = 0; column < hidden; column += 1) {
    const product = pixels.reduce((sum, pixel, row) => sum + pixel * kernelAt(row * hidden + column), 0);
    sums[Math.floor((column * features) / hidden)]! += (Math.max(0, product) * features) / hidden;
  }
  return sums;
}

frameworkConformance({
  name: 'tfjs',
  dir: folder,
  inputs: (seed) => picture(seed, 8),
  batchTolerance: 1e-3, // the values are in the hundreds
  memory: { of: 'rss', loads: 6, mostMiB: 120 },
  reference: { rows: { features: [0, 1, 2, 3, 4].map(expected) }, tolerance: 1e-2 },
});

test('a TensorFlow.js model does not block the event loop while it computes', async () => {
  const large = await tfjs.load(loadCard(objects), objects, options);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  await large.run([picture(0, 512)]);
  clearInterval(timer);
  await large.dispose();
  expect(turns).toBeGreaterThan(20);
});

test('tfjs.load rejects weights that lack an output of the card', async () => {
  const masks = { name: 'masks', shape: ['N', 4] as ['N', number], dtype: 'float32' as const, meaning: 'none' };
  await expect(tfjs.load({ ...card, outputs: [...card.outputs, masks] }, folder, options)).rejects.toThrow(
    'Model objects@1 cannot be loaded: the weights have the outputs features, but the card also names masks.',
  );
});

test('tfjs.load does not read a shard that the card does not name', async () => {
  const failed = await tfjs
    .load({ ...card, weights: { ...card.weights!, data: shards.slice(0, 1) } }, folder, options)
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({
    code: 'model-failed',
    kind: 'fatal',
    message: 'Model objects@1 failed: its model.json refers to the file shapes.bin, which the card does not name.',
  });
});

test('tfjs.load rejects a modified shard', async () => {
  const weights = { ...card.weights!, data: [shards[0]!, { ...shards[1]!, sha256: 'a'.repeat(64) }] };
  await expect(tfjs.load({ ...card, weights }, folder, options)).rejects.toMatchObject({
    code: 'corrupt-weights',
    message: expect.stringContaining(join(folder, 'shapes.bin')),
  });
});

test('tfjs.load rejects a topology that was truncated before its hash was computed', async () => {
  const weights = { ...write('half.json', json.slice(0, json.length / 2)), data: shards };
  await expect(tfjs.load({ ...card, weights }, folder, options)).rejects.toMatchObject({
    code: 'model-failed',
    kind: 'fatal',
  });
});
