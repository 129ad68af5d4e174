import { expect, it } from 'vitest';
import type { Inputs } from '../../models/framework.js';
import { classifyRoom } from '../../processors/classify-room.js';
import type { ModelHost } from '../../processors/ports.js';
import { createContext, runOnce } from './support.js';

/** An alias whose requests are served by another version than the one described at `open`. */
function world(probs: readonly number[]) {
  const described: string[] = [];
  const asked: Inputs[] = [];
  const descriptionOf = (id: string) => ({
    id,
    labels: id === 'room@1' ? ['bath', 'bed'] : ['bed', 'bath'],
    parameters: { threshold: id === 'room@1' ? 0 : 0.6 },
    vocabulary: new Map<number, string>(),
  });
  const models: ModelHost = {
    open: () =>
      Promise.resolve({
        ...descriptionOf('room@1'),
        infer(inputs, { served }) {
          asked.push(inputs);
          served('room@2');
          return Promise.resolve({ probs: Float32Array.from(probs) });
        },
      }),
    describe(id) {
      described.push(id);
      return Promise.resolve(descriptionOf(id));
    },
  };
  return { models, described, asked };
}

const operation = classifyRoom('room@stable', { scene: 'scene@1', objects: 'objects@2' });
const input = {
  scene: { features: Float32Array.of(1, 2), probs: Float32Array.of(3) },
  objects: { detections: Float32Array.of(4) },
};

it('classifyRoom passes each input to the model under the name of its source model', async () => {
  const { models, asked } = world([1, 0]);
  await runOnce(operation, input, { ports: { models } });
  expect(asked).toEqual([
    {
      'scene@1/features': { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) },
      'scene@1/probs': { dtype: 'float32', shape: [1], data: Float32Array.of(3) },
      'objects@2/detections': { dtype: 'float32', shape: [1], data: Float32Array.of(4) },
    },
  ]);
});

it.each([
  ['names the most likely type', [0.25, 0.75], { name: 'bath', score: 0.75 }],
  ['returns null below the threshold', [0.5, 0.5], null],
])('classifyRoom %s, using labels and threshold of the version that answered', async (_what, probs, expected) => {
  const { models } = world(probs);
  expect(await runOnce(operation, input, { ports: { models } })).toEqual(expected);
});

it('classifyRoom reads the card of a version once, and reports the version that answered', async () => {
  const { models, described } = world([1, 0]);
  const served: string[] = [];
  const run = await operation.open({ models } as never);
  const context = { ...createContext(), served: (id: string) => void served.push(id) };
  await run(input, context);
  await run(input, context);
  expect(described).toEqual(['room@2']);
  expect(served).toEqual(['room@2', 'room@2']);
});
