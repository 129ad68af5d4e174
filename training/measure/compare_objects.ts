/**
 * Compares objects@2 with objects@1, the same network in another framework, on photos: scores, classes and boxes.
 *
 * usage: npx tsx training/measure/compare_objects.ts DIR [--photos 20]
 * Reads the first photos of DIR by name. Detections are matched by class and nearest box, because two detections whose
 * scores agree to the sixth digit may swap ranks. Exits with 1 if a score, or a box as a fraction of the view, differs
 * by more than 1e-4.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadCard } from '../../models/card.js';
import { loadModel } from '../../models/frameworks.js';
import { detectionsOf, distanceOf } from './detections.js';
import { decode, view } from '../photos/view.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { photos: { type: 'string', default: '20' } },
});
const [dir] = positionals;
if (dir === undefined) throw new Error('The folder of photos is missing.');
const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  .filter((file) => /[.](?:jpe?g|png|webp)$/i.test(file))
  .sort()
  .slice(0, Number(values.photos));
if (files.length === 0) throw new Error(`There are no photos in ${dir}.`);

const folders = ['objects@1', 'objects@2'].map((id) =>
  fileURLToPath(new URL(`../../models/catalogue/${id}`, import.meta.url)),
);
const cards = folders.map(loadCard);
const [first, second] = await Promise.all(
  folders.map((folder, i) => loadModel(cards[i]!, folder, { threads: 1, device: 'cpu' })),
);
const input = cards[0]!.input;
if (input.kind !== 'image') throw new Error('objects@1 is not an image model.');

const [width, height] = input.size;
const largest = { score: 0, box: 0, rank: 0 };
let swapped = 0;
for (const file of files) {
  const data = await view(await decode(join(dir, file)), input);
  const images = [{ input: { dtype: 'uint8' as const, shape: [height, width, 3], data } }];
  const [a, b] = (await Promise.all([first!.run(images), second!.run(images)])).map(({ detections }) =>
    detectionsOf(detections?.[0]),
  );
  for (const [rank, mine] of a!.entries()) {
    const other = b!
      .filter(({ kind }) => kind === mine.kind)
      .sort((p, q) => distanceOf(p, mine) - distanceOf(q, mine))[0];
    largest.score = Math.max(largest.score, Math.abs((other?.score ?? NaN) - mine.score));
    largest.box = Math.max(largest.box, other ? distanceOf(other, mine) / width : NaN);
    largest.rank = Math.max(largest.rank, Math.abs(b![rank]!.score - mine.score));
    if (b![rank] !== other) swapped += 1;
  }
}
console.log(
  `${files.length} photos, ${files.length * 100} detections; largest difference: score ${largest.score.toExponential(1)}, score of the same rank ${largest.rank.toExponential(1)}, box ${largest.box.toExponential(1)} of the side; ${swapped} at another rank`,
);
await Promise.all([first!.dispose(), second!.dispose()]);
if (!(largest.score <= 1e-4 && largest.box <= 1e-4)) process.exitCode = 1;
