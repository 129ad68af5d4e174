import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCard } from '../../../models/card.js';
import { loadModel } from '../../../models/frameworks.js';
import { largestDifference } from '../difference.js';
import { roomTypeInputs, roomTypeParity, tensor } from './room-type-inputs.js';

const load = (id: string) => {
  const dir = fileURLToPath(new URL(`../../../models/catalogue/${id}`, import.meta.url));
  return loadModel(loadCard(dir), dir, { threads: 1, device: 'cpu' });
};

describe.each(['room-type@1', 'room-type@2'])('%s', (id) => {
  test('agrees with the predictions of the Python implementation', async () => {
    const head = await load(id);
    const expected = roomTypeParity[id] ?? [];
    const { probs = [] } = await head.run(expected.map((_, v) => roomTypeInputs(v)));
    expect(probs).toHaveLength(6);
    expect(largestDifference(probs, expected)).toBeLessThan(1e-6);
  });

  test('refuses an input of the wrong shape and names both shapes', async () => {
    const head = await load(id);
    expect(head.refuse(roomTypeInputs(0))).toBeNull();
    expect(head.refuse({ ...roomTypeInputs(0), 'scene@1/features': tensor(new Float32Array(12)) })?.message).toBe(
      `Model ${id} takes "scene@1/features" as float32 [1280] but got float32 [12].`,
    );
  });
});

test('a head ignores extra inputs, and refuses inputs that lack a required one', async () => {
  const { 'scene@1/features': features } = roomTypeInputs(0);
  const [first, second] = await Promise.all([load('room-type@1'), load('room-type@2')]);
  expect(first.refuse({ 'scene@1/features': features! })).toBeNull();
  expect(second.refuse({ 'scene@1/features': features! })?.message).toBe(
    'Model room-type@2 takes "objects@2/detections" as float32 [600] but got nothing.',
  );
});
