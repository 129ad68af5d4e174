import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCard, parseCard } from '../../../models/card.js';
import { describeModel } from '../../../models/description.js';
import type { Inputs, LoadedModel } from '../../../models/framework.js';
import { loadModel } from '../../../models/frameworks.js';
import { applyModel } from '../../../processors/apply-model.js';
import { decodeImage } from '../../../processors/decode-image.js';
import { resizeImage } from '../../../processors/resize-image.js';
import { tagOverlayText } from '../../../processors/text/tag-overlay-text.js';
import type { Tensor } from '../../../processors/values.js';
import type { Tag } from '../../../schemas/events.js';
import { checkModels } from '../../../topology/model-checks.js';
import type { Topology } from '../../../topology/topology.js';
import { imageFile, runOnce } from '../../processors/support.js';
import { drawBanner } from '../../support/draw-banner.js';
import { samplePhoto, samplePhotos } from '../../support/samples.js';
import { frameworkConformance } from '../conformance.js';

const dir = fileURLToPath(new URL('../../../models/catalogue/overlay-text@1', import.meta.url));
const card = loadCard(dir);
const view = { mode: 'multiple', multipleOf: 32, longSide: 736 } as const;

function blank(height: number, width: number, level = 0): Inputs {
  return { input: { dtype: 'uint8', shape: [height, width, 3], data: new Uint8Array(height * width * 3).fill(level) } };
}

describe('overlay-text@1', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadModel(card, dir, { threads: 1, device: 'cpu' });
  });
  afterAll(() => model.dispose());

  async function viewOf(photo: Buffer): Promise<Tensor> {
    const pixels = await runOnce(decodeImage({ minShortSide: 512, minLongSide: 736 }), {
      file: await imageFile(photo),
    });
    return runOnce(resizeImage(view), { pixels });
  }

  async function tagsOf(photo: Buffer): Promise<readonly Tag[]> {
    const { coverage, strength } = await model.run([{ input: await viewOf(photo) }]);
    const ports = {
      models: {
        describe: () => Promise.resolve(describeModel(card, dir)),
        open: () => Promise.reject(new Error('must not be opened')),
      },
    };
    return runOnce(
      tagOverlayText('overlay-text@1'),
      { text: { coverage: coverage![0]!, strength: strength![0]! } },
      { ports },
    );
  }

  test.each(Object.keys(samplePhotos) as (keyof typeof samplePhotos)[])('finds no text on %s', async (name) => {
    expect(await tagsOf(samplePhoto(name))).toEqual([]);
  });

  test.each([
    ['at the lower edge', { x: 0.3, y: 0.92, width: 0.4, height: 0.05 }],
    ['across the middle', { x: 0.1, y: 0.45, width: 0.7, height: 0.08 }],
  ])('locates a banner %s', async (_where, at) => {
    const tags = await tagsOf(await drawBanner(samplePhoto('livingRoom'), 'FOR SALE', at));
    expect(tags.map(({ name, model: by }) => [name, by])).toContainEqual(['overlay text', 'overlay-text@1']);
    const [left, right] = [
      Math.min(...tags.map(({ box }) => box!.x)),
      Math.max(...tags.map(({ box }) => box!.x + box!.width)),
    ];
    const [top, bottom] = [
      Math.min(...tags.map(({ box }) => box!.y)),
      Math.max(...tags.map(({ box }) => box!.y + box!.height)),
    ];
    for (const [given, drawn] of [
      [left, at.x],
      [right, at.x + at.width],
      [top, at.y],
      [bottom, at.y + at.height],
    ] as const) {
      expect(Math.abs(given - drawn)).toBeLessThan(0.04);
    }
    expect(tags[0]?.score).toBeGreaterThan(0.6);
  });

  test('runs images of several sizes, each with the same outputs alone and in a batch of its size', async () => {
    const banner = await drawBanner(samplePhoto('bedroom'), 'FOR SALE', { x: 0.2, y: 0.4, width: 0.6, height: 0.1 });
    const image = await viewOf(banner);
    const alone = await model.run([{ input: image }]);
    await model.run([blank(64, 96)]);
    const both = await model.run([blank(image.shape[0]!, image.shape[1]!, 90), { input: image }]);
    for (const name of ['coverage', 'strength']) {
      expect(alone[name]?.[0]).toHaveLength(4096);
      expect(Math.max(...alone[name]![0]!.map((value, i) => Math.abs(value - both[name]![1]![i]!)))).toBeLessThan(0.05);
    }
    expect(Math.max(...alone['coverage']![0]!)).toBeGreaterThan(0.5);
  });

  test('groups images by their size', () => {
    expect(new Set([blank(64, 96), blank(64, 96, 1), blank(96, 64)].map((inputs) => model.groupOf?.(inputs)))).toEqual(
      new Set(['64x96x3', '96x64x3']),
    );
  });

  test('rejects a batch of two sizes with equal pixel counts, and names both sizes', async () => {
    await expect(model.run([blank(64, 96), blank(96, 64)])).rejects.toMatchObject({
      code: 'wrong-tensor',
      message: 'Model overlay-text@1 takes images of one size per batch, but got uint8 [64,96,3] and uint8 [96,64,3].',
    });
  });

  test.each([[[64, 100, 3]], [[768, 64, 3]], [[0, 64, 3]], [[64, 64, 4]], [[64, 64]], [[1, 64, 64, 3]]])(
    'refuses %j, naming both shapes',
    (shape) => {
      const data = new Uint8Array(shape.reduce((product, side) => product * side, 1));
      expect(model.refuse({ input: { dtype: 'uint8', shape, data } })).toMatchObject({
        code: 'wrong-tensor',
        message: `Model overlay-text@1 takes uint8 [H,W,3], H and W multiples of 32 up to 736, but got uint8 [${shape.join(',')}].`,
      });
    },
  );

  test('accepts every size that the view produces', () => {
    for (const [height, width] of [
      [32, 32],
      [736, 736],
      [32, 736],
      [480, 736],
    ] as const)
      expect(model.refuse(blank(height, width))).toBeNull();
  });
});

test('parseCard rejects a long side that is not a multiple of multipleOf', () => {
  expect(() => parseCard({ ...card, input: { ...card.input, longSide: 700 } }, 'card.json')).toThrow(
    'input.longSide: expected a multiple of multipleOf',
  );
});

describe('checkModels', () => {
  const known = {
    models: new Map([['overlay-text@1', { card }]]),
    problems: new Map<string, unknown>(),
    aliases: new Map<string, { to: string }>(),
  };

  function pipelineWith(longSide: number): Topology {
    const nodes = [
      { name: 'view', operation: resizeImage({ ...view, longSide }), from: { pixels: 'pixels' } },
      { name: 'text', operation: applyModel('overlay-text@1', ['coverage', 'strength']), from: { tensor: 'view' } },
    ];
    return { pipelines: new Map([['text@1', { id: 'text@1', nodes, result: 'text' }]]) } as unknown as Topology;
  }

  test('accepts a view that matches the card, and otherwise names both', () => {
    expect(() => checkModels(pipelineWith(736), known)).not.toThrow();
    expect(() => checkModels(pipelineWith(480), known)).toThrow(
      'text@1: text wants resize:multiple-of-32-up-to-736 and gets resize:multiple-of-32-up-to-480',
    );
  });
});

/** Small photos, each with a banner. */
const small = await Promise.all(
  Array.from({ length: 4 }, async (_, i) => {
    const photo = await sharp(samplePhoto('bedroom')).resize(384, 256, { fit: 'fill' }).toBuffer();
    const file = await imageFile(
      await drawBanner(photo, 'FOR SALE', { x: 0.1, y: 0.15 + 0.2 * i, width: 0.6, height: 0.1 }),
    );
    return runOnce(resizeImage(view), { pixels: await runOnce(decodeImage({ minShortSide: 512 }), { file }) });
  }),
);

frameworkConformance({
  name: 'onnx',
  dir,
  inputs: (seed) => ({ input: { ...small[seed]!, data: Uint8Array.from(small[seed]!.data) } }),
  wanted: 'uint8 [H,W,3], H and W multiples of 32 up to 736,',
  batchTolerance: 0.05, // a pixel close to the threshold may or may not count
  memory: { of: 'rss', loads: 12, mostMiB: 125 },
});
