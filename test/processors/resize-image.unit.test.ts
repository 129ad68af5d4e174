import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { planResize, type ImageSpec, type ResizePlan } from '../../processors/decoding/geometry.js';
import { resizeToPlan } from '../../processors/decoding/pixel-resizing.js';
import { kernelsSourceSha256 } from '../../processors/decoding/resampling/kernels-binary.js';
import { Resampler, type RawImage } from '../../processors/decoding/resampling/resampler.js';
import { decodeImage } from '../../processors/decode-image.js';
import { resizeImage } from '../../processors/resize-image.js';
import { imageFile, meanDifference, runOnce, scenery } from './support.js';

async function rawScenery(width: number, height: number): Promise<RawImage> {
  return { data: await scenery(width, height).raw().toBuffer(), width, height };
}

function plainSharp({ data, width, height }: RawImage, plan: ResizePlan): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(plan.width, plan.height, { fit: 'fill', kernel: plan.kernel })
    .extract({ left: plan.left, top: plan.top, width: plan.size[0], height: plan.size[1] })
    .raw()
    .toBuffer();
}

describe('resizeToPlan agrees with libvips', () => {
  it.each<[string, [number, number], ImageSpec, number]>([
    ['crop of a landscape', [320, 240], { size: [96, 96], mode: 'crop' }, 0.5],
    ['crop of a portrait', [201, 333], { size: [96, 96], mode: 'crop' }, 0.5],
    ['crop after a longer short side', [320, 240], { size: [96, 96], mode: 'crop', shortSide: 110 }, 0.5],
    ['squash', [320, 240], { size: [96, 96], mode: 'squash', intermediate: [112, 112] }, 0.5],
    ['cubic', [320, 240], { size: [96, 96], mode: 'crop', kernel: 'cubic' }, 0.5],
    ['linear', [320, 240], { size: [96, 96], mode: 'crop', kernel: 'linear' }, 0.5],
    // For such a reduction, libvips first averages whole blocks of pixels, which blurs.
    ['a twelfth', [480, 360], { size: [30, 30], mode: 'crop' }, 2],
    // libvips enlarges bicubically with any kernel, and rounds positions to 1/64 of a pixel.
    ['enlarging', [50, 40], { size: [96, 96], mode: 'crop', kernel: 'cubic' }, 1.5],
    ['no change of size', [96, 96], { size: [96, 96], mode: 'crop' }, 0],
  ])('%s', async (_name, [width, height], spec, tolerance) => {
    const image = await rawScenery(width, height);
    const plan = planResize(spec, width, height);
    const ours = await resizeToPlan(image, plan);
    expect(meanDifference(ours, await plainSharp(image, plan))).toBeLessThanOrEqual(tolerance);
  });
});

describe('Resampler', () => {
  const plan = (width: number, height: number): ResizePlan => ({
    width,
    height,
    left: 0,
    top: 0,
    size: [width, height],
    kernel: 'lanczos3',
  });

  it.each([0, 1, 127, 254, 255])('keeps a flat image of level %i flat', (level) => {
    const image = { data: new Uint8Array(53 * 31 * 3).fill(level), width: 53, height: 31 };
    expect(new Set(new Resampler().resize(image, plan(17, 90)))).toEqual(new Set([level]));
  });

  it.each<[number, number]>([
    [1, 1],
    [1, 40],
    [40, 1],
    [2, 3],
    [700, 5],
  ])('handles %i×%i pixels', (width, height) => {
    const image = { data: new Uint8Array(width * height * 3).fill(200), width, height };
    const resized = new Resampler().resize(image, plan(8, 8));
    expect([resized.length, ...new Set(resized)]).toEqual([192, 200]);
  });

  it('gives the same result again after other and larger images', async () => {
    const resampler = new Resampler();
    const [small, large] = [await rawScenery(60, 50), await rawScenery(500, 400)];
    const first = resampler.resize(small, plan(20, 20));
    resampler.resize(large, plan(300, 200));
    resampler.resize(large, plan(30, 20));
    expect(resampler.resize(small, plan(20, 20))).toEqual(first);
  });

  it('returns a new buffer and does not change its input', async () => {
    const resampler = new Resampler();
    const image = await rawScenery(60, 50);
    const before = Uint8Array.from(image.data);
    const first = resampler.resize(image, plan(20, 20));
    const copy = Uint8Array.from(first);
    resampler.resize(image, plan(10, 40));
    expect(first).toEqual(copy);
    expect(Uint8Array.from(image.data)).toEqual(before);
  });

  it('has a binary that matches the hash of kernels.wat', () => {
    const text = readFileSync(new URL('../../processors/decoding/resampling/kernels.wat', import.meta.url));
    expect(createHash('sha256').update(text).digest('hex')).toBe(kernelsSourceSha256);
  });
});

describe('resizeImage', () => {
  it('has its spec in its name', () => {
    expect(resizeImage({ size: [224, 224], mode: 'crop' })).toMatchObject({
      name: 'resize:224x224-crop',
      needs: 'cpu',
    });
  });

  it('gives height × width × 3, close to a resize of the original even if decoding has scaled the photo down', async () => {
    const bytes = await scenery(900, 500).jpeg({ quality: 90 }).toBuffer();
    const spec: ImageSpec = { size: [80, 64], mode: 'crop' };
    const pixels = await runOnce(decodeImage({ minShortSide: 80, minLongSide: 80 }), { file: await imageFile(bytes) });
    const tensor = await runOnce(resizeImage(spec), { pixels });
    const plan = planResize(spec, 900, 500);
    const plain = await plainSharp({ data: await sharp(bytes).raw().toBuffer(), width: 900, height: 500 }, plan);
    expect({ ...tensor, data: tensor.data.length }).toEqual({ dtype: 'uint8', shape: [64, 80, 3], data: plain.length });
    expect(pixels.width).toBeLessThan(900);
    expect(meanDifference(tensor.data as Uint8Array, plain)).toBeLessThan(3);
  });

  it('resizes images that are too large for the calling thread in the thread pool', async () => {
    const image = { data: new Uint8Array(50_000 * 100 * 3).fill(90), width: 50_000, height: 100 };
    const resized = await resizeToPlan(image, planResize({ size: [32, 32], mode: 'crop' }, 50_000, 100));
    expect([resized.length, ...new Set(resized)]).toEqual([32 * 32 * 3, 90]);
  });
});
