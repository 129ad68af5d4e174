import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelOffers } from '../../../processes/gateway/model-offers.js';
import { referenceOf } from '../../../gateway/inference/model-offer.js';
import { defaultAliasRoutes } from '../../../models/aliases.js';
import { openCatalogue } from '../../../models/catalogue.js';

const catalogue = openCatalogue(join(import.meta.dirname, '..', '..', '..', 'models', 'catalogue'));
const offers = modelOffers(catalogue, defaultAliasRoutes);
const find = (reference: string) => offers.find((offer) => referenceOf(offer) === reference);

it('offers every runnable model and every alias', () => {
  const runnable = [...catalogue.models].filter(([, { card }]) => card.framework !== 'none').map(([id]) => id);
  expect(offers.map(referenceOf)).toEqual([...runnable, ...defaultAliasRoutes.keys()]);
});

it('describes each kind of input and output as the model card does', () => {
  expect(find('scene@1')).toEqual({
    name: 'scene',
    version: '1',
    framework: 'onnx',
    inputs: [{ name: 'input', datatype: 'UINT8', sides: [224, 224, 3] }],
    outputs: [
      { name: 'probs', sides: [1000], labels: expect.arrayContaining(['stingray']) as string[] },
      { name: 'features', sides: [1280] },
    ],
    maxItems: 16,
  });
  expect(find('text-line@1')?.inputs).toEqual([{ name: 'input', datatype: 'UINT8', sides: [48, 480, 3] }]);
  expect(find('overlay-text@1')?.inputs).toEqual([
    {
      name: 'input',
      datatype: 'UINT8',
      sides: [{ multipleOf: 32, longest: 736 }, { multipleOf: 32, longest: 736 }, 3],
    },
  ]);
  expect(find('moderation@1')?.outputs).toEqual([{ name: 'nsfw', sides: [] }]);
  expect(find('room-type@stable')?.inputs).toEqual([
    { name: 'scene@1/features', datatype: 'FP32', sides: [1280] },
    { name: 'objects@2/detections', datatype: 'FP32', sides: [600] },
  ]);
});

it('offers no model whose input comes from a model without a card', () => {
  const models = new Map([...catalogue.models].filter(([id]) => id !== 'objects@2'));
  expect(
    modelOffers({ models }, defaultAliasRoutes)
      .map(referenceOf)
      .filter((reference) => reference.startsWith('room-type')),
  ).toEqual(['room-type@1']);
});
