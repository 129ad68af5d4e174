import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodeImage } from '../../processors/decode-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { measureQuality } from '../../processors/measure-quality.js';
import type { Pixels } from '../../processors/values.js';
import { imageFile, runOnce, scenery } from './support.js';

async function decodeAt(width: number, blur?: number): Promise<Pixels> {
  const whole = await scenery(1024, 640).png().toBuffer();
  const photo = sharp(whole).resize(width);
  const bytes = await (blur === undefined ? photo : photo.blur(blur)).png().toBuffer();
  return runOnce(decodeImage({ minShortSide: 256 }), { file: await imageFile(bytes) });
}

it('measureQuality gives nearly the same brightness and sharpness for all sizes of a photo', async () => {
  const atLarge = await runOnce(measureQuality, { pixels: await decodeAt(1024) });
  const atSmall = await runOnce(measureQuality, { pixels: await decodeAt(600) });
  const whenBlurred = await runOnce(measureQuality, { pixels: await decodeAt(600, 4) });
  expect(atSmall.meanLuma).toBeCloseTo(atLarge.meanLuma, 0);
  expect(atSmall.sharpness / atLarge.sharpness).toBeCloseTo(1, 0);
  expect(whenBlurred.sharpness).toBeLessThan(atSmall.sharpness / 3);
});

it('measureQuality does not enlarge a small photo', async () => {
  const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#404040' } })
    .png()
    .toBuffer();
  const pixels = await runOnce(decodeImage({ minShortSide: 256 }), { file: await imageFile(bytes) });
  expect(await runOnce(measureQuality, { pixels })).toEqual({ meanLuma: 64, sharpness: 0 });
});

it('imageFacts returns the facts of the original photo', async () => {
  const pixels = await decodeAt(1024);
  const { sha256 } = pixels.facts;
  expect(await runOnce(imageFacts, { pixels })).toEqual({ sha256, format: 'png', width: 1024, height: 640 });
  expect(pixels.width).toBe(512);
});
