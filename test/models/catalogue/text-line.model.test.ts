import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCard, type ModelCard } from '../../../models/card.js';
import { describeModel } from '../../../models/description.js';
import type { LoadedModel } from '../../../models/framework.js';
import { loadModel } from '../../../models/frameworks.js';
import { applyModel } from '../../../processors/apply-model.js';
import { cropTextLines } from '../../../processors/text/crop-text-lines.js';
import { cutLine } from '../../../processors/text/line-cutter.js';
import { decodeImage } from '../../../processors/decode-image.js';
import { decodeCtc } from '../../../processors/text/ctc-decoder.js';
import { readTextLines } from '../../../processors/text/read-text-lines.js';
import type { Tensor } from '../../../processors/values.js';
import { checkModels } from '../../../topology/model-checks.js';
import { textLineSize } from '../../../topology/pipelines/views.js';
import type { Topology } from '../../../topology/topology.js';
import { imageFile, runOnce } from '../../processors/support.js';
import { drawBanner } from '../../support/draw-banner.js';
import { samplePhoto } from '../../support/samples.js';
import { frameworkConformance } from '../conformance.js';

const dir = fileURLToPath(new URL('../../../models/catalogue/text-line@1', import.meta.url));
const card = loadCard(dir);
const { labels } = describeModel(card, dir);

/** Draws a banner with these words and cuts out its line, as the pipeline does with this box. */
async function lineOf(words: string, width = 0.5): Promise<Tensor> {
  const at = { x: 0.2, y: 0.45, width, height: 0.08 };
  const pixels = await runOnce(decodeImage({ minShortSide: 512 }), {
    file: await imageFile(await drawBanner(samplePhoto('livingRoom'), words, at)),
  });
  return cutLine(pixels, at, textLineSize);
}

describe('text-line@1', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadModel(card, dir, { threads: 1, device: 'cpu' });
  });
  afterAll(() => model.dispose());

  test.each(['SOLD', 'OFFER', 'REAL DEAL'])('reads %s', async (words) => {
    const { character, probability } = await model.run([{ input: await lineOf(words) }]);
    const { text, score } = decodeCtc(character![0]!, probability![0]!, labels);
    expect(text).toBe(words);
    expect(score).toBeGreaterThan(0.8);
  });

  test('reads no text on an empty line', async () => {
    const plain: Tensor = { dtype: 'uint8', shape: [48, 480, 3], data: new Uint8Array(48 * 480 * 3).fill(128) };
    const { character, probability } = await model.run([{ input: plain }]);
    expect(decodeCtc(character![0]!, probability![0]!, labels)).toEqual({ text: '', score: 0 });
  });

  test('has a unique label per class: the blank, Latin characters, the space', () => {
    expect([labels[0], labels.at(-1), new Set(labels).size]).toEqual(['(blank)', ' ', labels.length]);
    for (const character of 'AZaz09 .,:!?@&$%()-+/\'"') expect(labels).toContain(character);
    expect(labels.slice(1).filter((label) => label.length > 1 || label > '\u2200')).toEqual([]);
  });
});

describe('checkModels', () => {
  const other: ModelCard = { ...card, input: { ...card.input, size: [320, 48] } as ModelCard['input'] };
  const known = (given: ModelCard) => ({
    models: new Map([['text-line@1', { card: given }]]),
    problems: new Map<string, unknown>(),
    aliases: new Map(),
  });
  const pipelineWith = (giver: object): Topology => {
    const nodes = [
      { name: 'lines', operation: giver, from: {} },
      { name: 'read', operation: readTextLines('text-line@1'), from: { lines: 'lines' } },
    ];
    return { pipelines: new Map([['text@1', { id: 'text@1', nodes, result: 'read' }]]) } as unknown as Topology;
  };

  test('accepts lines of the size in the card, and otherwise names both sizes', () => {
    const crop = cropTextLines('overlay-text@1', textLineSize);
    expect(() => checkModels(pipelineWith(crop), known(card))).not.toThrow();
    expect(() => checkModels(pipelineWith(crop), known(other))).toThrow(
      'text@1: read wants crop-text-lines:320x48 and gets crop-text-lines:480x48:overlay-text@1',
    );
    expect(() => checkModels(pipelineWith({ ...applyModel('scene@1', []), models: [] }), known(card))).toThrow(
      'text@1: read wants crop-text-lines:480x48 and gets model:scene@1',
    );
  });
});

const lines = await Promise.all(
  ['FOR SALE', 'SOLO', 'ALSO FOR', 'REAL ROOF', 'SOLE', 'EASEL', 'ROLES', 'OFFER'].map((words) => lineOf(words)),
);

frameworkConformance({
  name: 'onnx',
  dir,
  inputs: (seed) => ({ input: { ...lines[seed]!, data: Uint8Array.from(lines[seed]!.data) } }),
  batchTolerance: 1e-3,
  memory: { of: 'rss', loads: 6, mostMiB: 120 },
});
