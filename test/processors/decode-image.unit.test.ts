import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../processors/decode-image.js';
import type { Pixels } from '../../processors/values.js';
import {
  blackPng,
  blue,
  failureOf,
  green,
  imageFile,
  meanDifference,
  quarters,
  red,
  runOnce,
  scenery,
  yellow,
} from './support.js';

const decode = decodeImage({ minShortSide: 64, minLongSide: 64 });
const decodeBytes = async (bytes: Uint8Array) => runOnce(decode, { file: await imageFile(bytes) });

/** Colours in the centre of each quarter: top left, top right, bottom left, bottom right. */
function quarterColours({ data, width, height }: Pixels): number[][] {
  const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  const [left, right, above, below] = [width >> 2, (width * 3) >> 2, height >> 2, (height * 3) >> 2];
  return [at(left, above), at(right, above), at(left, below), at(right, below)];
}

function expectColours(pixels: Pixels, expected: readonly (readonly number[])[], tolerance: number): void {
  const found = quarterColours(pixels);
  const worst = Math.max(
    ...found.flatMap((colour, i) => colour.map((value, c) => Math.abs(value - (expected[i]?.[c] ?? NaN)))),
  );
  expect(worst, JSON.stringify(found)).toBeLessThanOrEqual(tolerance);
}

const upright = [red, green, blue, yellow];
const grey = (level: number) => [level, level, level];
const image = () => quarters(96, 64);

describe('decodeImage reads', () => {
  it.each<[string, () => Promise<Buffer>, number]>([
    ['baseline JPEG', () => image().jpeg({ quality: 95 }).toBuffer(), 6],
    ['progressive JPEG', () => image().jpeg({ quality: 95, progressive: true }).toBuffer(), 6],
    ['JPEG without chroma subsampling', () => image().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(), 6],
    ['JPEG with an sRGB profile', () => image().withIccProfile('srgb').jpeg({ quality: 95 }).toBuffer(), 6],
    ['JPEG with another profile', () => image().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(), 6],
    // CMYK cannot represent these colours exactly. An inverted or unconverted image differs by more than 150.
    ['CMYK JPEG', () => image().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), 64],
    ['PNG', () => image().png().toBuffer(), 0],
    ['palette PNG', () => image().png({ palette: true, dither: 0 }).toBuffer(), 4],
    ['16-bit PNG', () => image().toColourspace('rgb16').png().toBuffer(), 1],
    ['PNG with an opaque alpha channel', () => image().ensureAlpha().png().toBuffer(), 0],
    ['WebP', () => image().webp({ lossless: true }).toBuffer(), 1],
    ['GIF', () => image().gif().toBuffer(), 8],
    ['TIFF', () => image().tiff({ compression: 'lzw' }).toBuffer(), 0],
    ['AVIF', () => image().avif({ quality: 95 }).toBuffer(), 12],
  ])('%s', async (_name, encode, tolerance) => {
    const pixels = await decodeBytes(await encode());
    expect([pixels.width, pixels.height, pixels.data.length]).toEqual([96, 64, 96 * 64 * 3]);
    expectColours(pixels, upright, tolerance);
  });

  it.each<[string, () => Sharp]>([
    [
      'grey JPEG',
      () =>
        sharp({ create: { width: 80, height: 70, channels: 3, background: '#808080' } })
          .greyscale()
          .jpeg(),
    ],
    [
      'grey PNG',
      () =>
        sharp({ create: { width: 80, height: 70, channels: 3, background: '#808080' } })
          .toColourspace('b-w')
          .png(),
    ],
    [
      '16-bit grey PNG',
      () =>
        sharp({ create: { width: 80, height: 70, channels: 3, background: '#808080' } })
          .toColourspace('grey16')
          .png(),
    ],
  ])('%s as three equal channels', async (_name, encode) => {
    const pixels = await decodeBytes(await encode().toBuffer());
    expect(pixels.data.length).toBe(80 * 70 * 3);
    expectColours(pixels, [128, 128, 128, 128].map(grey), 2);
  });

  it.each(['gif', 'webp'] as const)('the first frame of an animated %s', async (format) => {
    const frames = await Promise.all(
      ['#ff0000', '#00ff00'].map((background) =>
        sharp({ create: { width: 80, height: 70, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const pixels = await decodeBytes(
      await sharp(frames, { join: { animated: true } })
        [format]()
        .toBuffer(),
    );
    expect([pixels.width, pixels.height]).toEqual([80, 70]);
    expectColours(
      pixels,
      Array.from({ length: 4 }, () => [255, 0, 0]),
      4,
    );
  });

  it('transparent areas as white', async () => {
    const transparent = sharp({
      create: { width: 80, height: 70, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    });
    expectColours(await decodeBytes(await transparent.png().toBuffer()), [255, 255, 255, 255].map(grey), 0);
  });
});

describe('decodeImage applies', () => {
  // EXIF 2.3 defines the position of the stored first row and column.
  it.each([
    [1, upright],
    [2, [green, red, yellow, blue]],
    [3, [yellow, blue, green, red]],
    [4, [blue, yellow, red, green]],
    [5, [red, blue, green, yellow]],
    [6, [blue, red, yellow, green]],
    [7, [yellow, green, blue, red]],
    [8, [green, yellow, red, blue]],
  ])('EXIF orientation %i', async (orientation, expected) => {
    for (const format of ['jpeg', 'png'] as const) {
      const bytes = await quarters(96, 64).withMetadata({ orientation }).toFormat(format, { quality: 95 }).toBuffer();
      const pixels = await decodeBytes(bytes);
      const [width, height] = orientation >= 5 ? [64, 96] : [96, 64];
      expect(pixels).toMatchObject({ width, height, facts: { format, width, height } });
      expectColours(pixels, expected, 6);
    }
  });
});

describe('decodeImage scales down while decoding', () => {
  it.each(['jpeg', 'png'] as const)('a large %s to the needed size, and reports the original size', async (format) => {
    const pixels = await decodeBytes(await scenery(480, 320).toFormat(format).toBuffer());
    expect(pixels).toMatchObject({ width: 96, height: 64, facts: { width: 480, height: 320 } });
  });

  it('but not when the gain would be small', async () => {
    const pixels = await decodeBytes(await scenery(120, 100).png().toBuffer());
    expect([pixels.width, pixels.height]).toEqual([120, 100]);
  });

  it('and keeps the minimum long side', async () => {
    const bytes = await scenery(1200, 150).png().toBuffer();
    const pixels = await runOnce(decodeImage({ minShortSide: 32, minLongSide: 512 }), { file: await imageFile(bytes) });
    expect([pixels.width, pixels.height]).toEqual([512, 64]);
  });
});

describe('decodeImage rejects', () => {
  it('every truncated format', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      const whole = await scenery(120, 90).toFormat(format).toBuffer();
      const file = { ...(await imageFile(whole)), bytes: whole.subarray(0, Math.floor(whole.length * 0.6)) };
      const failure = await failureOf(() => runOnce(decode, { file }));
      expect([format, failure.code, failure.retryable]).toEqual([format, 'corrupt-image', false]);
    }
  });

  it.each([0.3, 0.9, 0.99])('a JPEG truncated to a share of %f', async (share) => {
    const whole = await scenery(400, 300).jpeg().toBuffer();
    const file = await imageFile(whole.subarray(0, Math.floor(whole.length * share)));
    expect((await failureOf(() => runOnce(decode, { file }))).code).toBe('corrupt-image');
  });

  it('a JPEG with only zeros after the header', async () => {
    const whole = await scenery(100, 80).jpeg().toBuffer();
    const failure = await failureOf(decodeBytes(Buffer.concat([whole.subarray(0, 30), Buffer.alloc(3000)])));
    expect(failure.code).toBe('corrupt-image');
  });

  it('a PNG of 900 million pixels by its header, without allocating memory for them', async () => {
    const bomb = blackPng(30_000, 30_000);
    const before = process.memoryUsage().rss;
    const failure = await failureOf(decodeBytes(bomb));
    expect(failure.code).toBe('too-many-pixels');
    expect(failure.message).toBe('The image has 30000×30000 pixels, more than the 50 million allowed.');
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });

  it('a JPEG that claims 4 billion pixels', async () => {
    const bytes = Buffer.from(await image().jpeg().toBuffer());
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(65_500, frame + 5);
    bytes.writeUInt16BE(65_500, frame + 7);
    expect((await failureOf(decodeBytes(bytes))).code).toBe('too-many-pixels');
  });

  it('a progressive JPEG with thousands of scans', async () => {
    const bytes = await quarters(96, 64).jpeg({ progressive: true }).toBuffer();
    const lastScan = bytes.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = bytes.subarray(lastScan, bytes.length - 2);
    const scans = Array.from({ length: 5000 }, () => scan);
    const bomb = Buffer.concat([bytes.subarray(0, lastScan), ...scans, bytes.subarray(bytes.length - 2)]);
    expect((await failureOf(decodeBytes(bomb))).code).toBe('corrupt-image');
  });
});

it('decodeImage has its minimum sides in its name, so that pipelines with other needs do not share its result', () => {
  expect(decodeImage({ minShortSide: 256 })).toMatchObject({ name: 'decode:256-512', needs: 'cpu' });
});

it('decodeImage gives nearly the same pixels on the fast path and with the general decoder', async () => {
  const bytes = await scenery(300, 200).jpeg({ quality: 90 }).toBuffer();
  const fast = await decodeBytes(bytes);
  const general = await sharp(bytes).raw().toBuffer();
  expect(meanDifference(fast.data, general)).toBeLessThan(2);
});
