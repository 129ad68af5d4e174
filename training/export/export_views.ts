/**
 * Writes training photos as an image model gets them, as calibration data for training/quantize.py.
 *
 * usage: npx tsx training/export/export_views.ts models/catalogue/scene@1 --out DIR --photos DIR [--photos DIR ...]
 * [--count 128]
 * Takes `--count` photos in total, the same number from each folder, chosen with a fixed seed. Held-out photos
 * (`held_out.ts`) are never among them.
 * Writes DIR/views.u8 (RGB rows of all photos, one photo after another) and DIR/index.json ([{photo, width, height}],
 * in the same order).
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCard } from '../../models/card.js';
import { nameOf, trainingPhotos } from '../measure/held_out.js';
import { servedView } from '../photos/served_view.js';
import { decode } from '../photos/view.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    photos: { type: 'string', multiple: true },
    count: { type: 'string', default: '128' },
  },
});
const [model] = positionals;
if (model === undefined || values.out === undefined || values.photos === undefined)
  throw new Error('The folder of a model, --out and --photos are required.');
const card = loadCard(model);
const share = Math.floor(Number(values.count) / values.photos.length);

mkdirSync(values.out, { recursive: true });
const views = createWriteStream(join(values.out, 'views.u8'));
const index: object[] = [];
for (const dir of values.photos) {
  for (const photo of trainingPhotos(dir, share)) {
    const { data, width, height } = await servedView(await decode(photo.file), card);
    if (!views.write(data)) await once(views, 'drain');
    index.push({ photo: nameOf(photo), width, height });
  }
}
views.end();
await once(views, 'finish');
writeFileSync(join(values.out, 'index.json'), JSON.stringify(index));
console.log(`${index.length} photos`);
