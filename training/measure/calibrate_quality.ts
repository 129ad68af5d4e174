/**
 * Prints the quality measures of clean photos and of the same photos darkened or blurred, and how often given
 * thresholds would flag each kind. The parameters of quality@1 were chosen with it.
 *
 * usage: npx tsx training/measure/calibrate_quality.ts DIR [--dark 45] [--blurred 60]
 */
import { parseArgs } from 'node:util';
import { qualityOf, type Quality } from '../../processors/image-quality.js';
import { findPhotos } from '../photos/photos.js';
import { spoil, spoilingNames, type Spoiling } from '../photos/spoiled_photo.js';
import { decode, fitWithin } from '../photos/view.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dark: { type: 'string', default: '40' }, blurred: { type: 'string', default: '60' } },
});
const dark = Number(values.dark);
const blurred = Number(values.blurred);

const measured = new Map<Spoiling, Quality[]>(spoilingNames.map((name) => [name, []]));
for (const photo of findPhotos(positionals[0] ?? '.')) {
  const small = await fitWithin(await decode(photo.file), 512);
  for (const name of spoilingNames) measured.get(name)?.push(qualityOf(await spoil(small, name)));
}

function percentiles(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  return [0, 0.01, 0.05, 0.5, 0.95, 1]
    .map((q) => (sorted[Math.round(q * (sorted.length - 1))] ?? NaN).toFixed(0).padStart(6))
    .join('');
}

function share(rows: readonly Quality[], flagged: (row: Quality) => boolean): string {
  return `${((100 * rows.filter(flagged).length) / rows.length).toFixed(1)} %`.padStart(8);
}

console.log('percentiles 0, 1, 5, 50, 95, 100');
for (const [name, rows] of measured) {
  console.log(
    name.padEnd(12),
    'luma',
    percentiles(rows.map((row) => row.meanLuma)),
    ' sharpness',
    percentiles(rows.map((row) => row.sharpness)),
    ` dark (< ${dark})`,
    share(rows, (row) => row.meanLuma < dark),
    ` blurred (< ${blurred})`,
    share(rows, (row) => row.sharpness < blurred),
  );
}
