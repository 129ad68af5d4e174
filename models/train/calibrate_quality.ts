/**
 * Prints what the quality measures say of clean photos and of the same photos darkened or blurred, and how often given
 * thresholds would flag each: how the parameters of quality@1 were chosen.
 *
 * usage: npx tsx models/train/calibrate_quality.ts DIR [--dark 45] [--blurred 60]
 */
import { parseArgs } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { measureQuality, type Quality, type RgbImage } from '../quality/measure.js';
import { findPhotos } from './photos.js';
import { decode, fitWithin } from './view.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dark: { type: 'string', default: '40' }, blurred: { type: 'string', default: '60' } },
});
const dark = Number(values.dark);
const blurred = Number(values.blurred);

async function changed(image: RgbImage, change: (image: Sharp) => Sharp): Promise<RgbImage> {
  const raw = sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } });
  return { ...image, data: await change(raw).raw().toBuffer() };
}

const spoiled: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  clean: (image) => image,
  'light x 0.5': (image) => image.linear(0.5, 0),
  'light x 0.3': (image) => image.linear(0.3, 0),
  'light x 0.2': (image) => image.linear(0.2, 0),
  'blur 1 px': (image) => image.blur(1),
  'blur 2 px': (image) => image.blur(2),
  'blur 3 px': (image) => image.blur(3),
  'blur 5 px': (image) => image.blur(5),
};

const measured = new Map<string, Quality[]>(Object.keys(spoiled).map((name) => [name, []]));
for (const photo of findPhotos(positionals[0] ?? '.')) {
  const small = await fitWithin(await decode(photo.file), 512);
  for (const [name, change] of Object.entries(spoiled)) {
    measured.get(name)?.push(measureQuality(await changed(small, change)));
  }
}

function percentiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  return [0, 0.01, 0.05, 0.5, 0.95, 1].map((q) => (sorted[Math.round(q * (sorted.length - 1))] ?? NaN).toFixed(0).padStart(6)).join('');
}

function share(rows: readonly Quality[], flagged: (row: Quality) => boolean): string {
  return `${((100 * rows.filter(flagged).length) / rows.length).toFixed(1)} %`.padStart(8);
}

console.log('percentiles 0, 1, 5, 50, 95, 100');
for (const [name, rows] of measured) {
  console.log(
    name.padEnd(12), 'luma', percentiles(rows.map((row) => row.meanLuma)), ' sharpness', percentiles(rows.map((row) => row.sharpness)),
    ` dark (< ${dark})`, share(rows, (row) => row.meanLuma < dark), ` blurred (< ${blurred})`, share(rows, (row) => row.sharpness < blurred),
  );
}
