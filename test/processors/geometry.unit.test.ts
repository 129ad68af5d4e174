import { describe, expect, it } from 'vitest';
import { leastSides, planResize, specName, type ImageSpec } from '../../processors/decoding/geometry.js';

const squash: ImageSpec = { size: [224, 224], mode: 'squash', intermediate: [256, 256] };

describe('planResize', () => {
  it.each<[string, Exclude<ImageSpec, { mode: 'multiple' }>, [number, number], object]>([
    [
      'crops the centre of a landscape photo',
      { size: [224, 224], mode: 'crop' },
      [640, 480],
      { width: 299, height: 224, left: 37, top: 0 },
    ],
    [
      'crops the centre of a portrait photo',
      { size: [224, 224], mode: 'crop' },
      [480, 640],
      { width: 224, height: 299, left: 0, top: 37 },
    ],
    [
      'resizes to a larger short side before the crop',
      { size: [224, 224], mode: 'crop', shortSide: 256 },
      [512, 512],
      { width: 256, height: 256, left: 16, top: 16 },
    ],
    [
      'enlarges for a crop that is wider than the photo',
      { size: [300, 100], mode: 'crop' },
      [100, 400],
      { width: 300, height: 1200, left: 0, top: 550 },
    ],
    ['squashes, then crops', squash, [1000, 400], { width: 256, height: 256, left: 16, top: 16 }],
    [
      'squashes without a crop',
      { size: [512, 512], mode: 'squash' },
      [7, 9],
      { width: 512, height: 512, left: 0, top: 0 },
    ],
    [
      'keeps one pixel of an extreme panorama',
      { size: [10, 10], mode: 'crop' },
      [50_000, 1],
      { width: 500_000, height: 10, left: 249_995, top: 0 },
    ],
  ])('%s', (_name, spec, [width, height], expected) => {
    expect(planResize(spec, width, height)).toEqual({ ...expected, size: spec.size, kernel: 'lanczos3' });
  });

  it.each<[string, [number, number], [number, number]]>([
    ['scales a landscape photo down', [1024, 682], [736, 480]],
    ['scales a portrait photo down', [3000, 4000], [544, 736]],
    ['rounds to the nearest multiple, up or down', [700, 497], [704, 512]],
    ['keeps multiples', [640, 480], [640, 480]],
    ['never exceeds the long side', [735, 735], [736, 736]],
    ['keeps one multiple of an extreme panorama', [50_000, 3], [736, 32]],
    ['keeps one multiple of a single pixel', [1, 1], [32, 32]],
  ])('for multiples of 32 up to 736: %s', (_name, [width, height], size) => {
    const plan = planResize({ mode: 'multiple', multipleOf: 32, longSide: 736 }, width, height);
    expect(plan).toEqual({ width: size[0], height: size[1], left: 0, top: 0, size, kernel: 'lanczos3' });
  });

  it('keeps the kernel of the spec', () => {
    expect(planResize({ ...squash, kernel: 'linear' }, 10, 10).kernel).toBe('linear');
  });
});

describe('specName', () => {
  it.each<[string, ImageSpec]>([
    ['224x224-crop', { size: [224, 224], mode: 'crop' }],
    ['224x224-crop', { size: [224, 224], mode: 'crop', shortSide: 224, kernel: 'lanczos3' }],
    ['224x224-crop-256', { size: [224, 224], mode: 'crop', shortSide: 256 }],
    ['224x224-squash-256x256', squash],
    ['512x512-squash', { size: [512, 512], mode: 'squash' }],
    ['512x512-squash', { size: [512, 512], mode: 'squash', intermediate: [512, 512] }],
    ['224x160-crop-linear', { size: [224, 160], mode: 'crop', kernel: 'linear' }],
    ['multiple-of-32-up-to-736', { mode: 'multiple', multipleOf: 32, longSide: 736 }],
    ['multiple-of-8-up-to-64-cubic', { mode: 'multiple', multipleOf: 8, longSide: 64, kernel: 'cubic' }],
  ])('%s', (name, spec) => {
    expect(specName(spec)).toBe(name);
  });
});

describe('leastSides', () => {
  it('is one multiple and the long side for multiples', () => {
    expect(leastSides({ mode: 'multiple', multipleOf: 32, longSide: 736 })).toEqual({ shortSide: 32, longSide: 736 });
  });

  it('is the short side for a crop, and the larger intermediate side for a squash', () => {
    expect(leastSides({ size: [224, 224], mode: 'crop', shortSide: 256 })).toEqual({ shortSide: 256, longSide: 256 });
    expect(leastSides(squash)).toEqual({ shortSide: 256, longSide: 256 });
  });
});
