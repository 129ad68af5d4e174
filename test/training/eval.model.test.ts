import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelIds, openCatalogue } from '../../models/catalogue.js';
import { evaluate } from '../../training/eval/evaluator.js';
import { evaluations } from '../../training/eval/evaluations.js';
import { intervalOf, printEvaluations } from '../../training/eval/evaluation-text.js';
import { samplePhoto } from '../support/samples.js';

const catalogue = openCatalogue(fileURLToPath(new URL('../../models/catalogue', import.meta.url)));

describe('the evaluation', () => {
  const dir = mkdtempSync(join(tmpdir(), 'eval-'));
  beforeAll(() => {
    // The second label is deliberately wrong.
    for (const [label, photo] of [
      ['exterior', 'exterior'],
      ['bedroom', 'kitchen'],
    ] as const) {
      mkdirSync(join(dir, label));
      writeFileSync(join(dir, label, `${photo}.jpg`), samplePhoto(photo));
    }
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  test('has at most one entry per model, and only for existing models', () => {
    const named = evaluations.map(({ model }) => model);
    expect(named).toEqual([...new Set(named)].filter((id) => modelIds.includes(id)));
  });

  test('counts correct and confused labels, and names the model without labelled data', async () => {
    const results = await evaluate(dir, catalogue, { models: ['room-type@1', 'scene@1', 'moderation@1'] });
    expect(results).toEqual([
      {
        model: 'room-type@1',
        figures: [
          { what: 'right room type', hits: 1, of: 2 },
          { what: 'bedroom recognised', hits: 0, of: 1 },
          { what: 'exterior recognised', hits: 1, of: 1 },
        ],
        confusion: { exterior: { exterior: 1 }, bedroom: { dining_room: 1 } },
      },
      { model: 'scene@1', figures: [] },
      { model: 'moderation@1', figures: [{ what: 'harmless photo flagged', hits: 0, of: 2 }] },
    ]);
    const printed = printEvaluations(results);
    expect(printed).toMatch(/room-type@1 +│ right room type +│ +50\.0 % │ +9\.5 % to 90\.5 % │ +2 /);
    expect(printed).toMatch(/scene@1 +│ no labelled data here/);
  });

  test('measures unlabelled photos by drawing, darkening, blurring, or comparing with another framework', async () => {
    const results = await evaluate(dir, catalogue, { models: ['quality@1', 'overlay-text@1', 'objects@2'] });
    const shares = Object.fromEntries(
      results.flatMap(({ figures }) => figures.map(({ what, hits, of }) => [what, hits / of])),
    );
    expect(shares).toMatchObject({
      'clean: called dark': 0,
      'clean: called blurred': 0,
      'light x 0.2: called dark': 1,
      'drawn banner found': 1,
      'unchanged photo tagged (some carry a credit)': 0,
      'detection that objects@1 confirms': 1,
    });
  });

  test('uses only the photos that the caller lists', async () => {
    const [quality] = await evaluate(dir, catalogue, { models: ['quality@1'], only: new Set(['bedroom/kitchen.jpg']) });
    expect(quality?.figures[0]).toEqual({ what: 'clean: called dark', hits: 0, of: 1 });
  });

  test.each([
    ['a folder that is missing', '/no/photos', {}, 'The folder /no/photos does not exist.'],
    [
      'a folder without labels',
      fileURLToPath(new URL('.', import.meta.url)),
      {},
      `There are no labelled photos in ${fileURLToPath(new URL('.', import.meta.url))}.`,
    ],
    ['a split that is empty', dir, { split: 'test' }, `No photo in ${dir} matches --split and --only.`],
    ['an unknown model', dir, { models: ['scene@9'] }, 'There is no model scene@9.'],
  ])('reports %s', async (_what, folder, options, message) => {
    await expect(evaluate(folder, catalogue, options)).rejects.toThrow(message);
  });
});

// Reference: Wilson 1927, as R's prop.test(correct = FALSE) prints it.
test.each([
  [{ hits: 0, of: 10 }, 0, 0.2775],
  [{ hits: 5, of: 10 }, 0.2366, 0.7634],
  [{ hits: 10, of: 10 }, 0.7225, 1],
])('intervalOf matches the reference for %j', (figure, low, high) => {
  expect(intervalOf(figure).low).toBeCloseTo(low, 4);
  expect(intervalOf(figure).high).toBeCloseTo(high, 4);
});
