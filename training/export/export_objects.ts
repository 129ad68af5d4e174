/**
 * Writes the object columns that room-type@2 gets for labelled photos, with the decoder, runtime and columns of
 * production.
 *
 * usage: npx tsx training/export/export_objects.ts --out DIR --photos NAME=DIR [--photos ...]
 * Name the photos as for export_features.ts, in the same order. Writes DIR/objects.json (the columns, for the card of
 * the head) and DIR/objects.f32: one row per photo, little-endian float32.
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { outputName } from '../../schemas/models/reference.js';
import { loadCard } from '../../models/card.js';
import { fillRow, widthOf, type Columns } from '../../models/columns.js';
import { loadModel } from '../../models/frameworks.js';
import { findPhotos } from '../photos/photos.js';
import { decode, view } from '../photos/view.js';

const { values } = parseArgs({ options: { out: { type: 'string' }, photos: { type: 'string', multiple: true } } });
if (values.out === undefined || values.photos === undefined)
  throw new Error('--out and --photos NAME=DIR are required.');
const dir = fileURLToPath(new URL('../../models/catalogue/objects@2', import.meta.url));
const card = loadCard(dir);
if (card.input.kind !== 'image') throw new Error('objects@2 is not an image model.');
const name = outputName('objects@2', 'detections');
const detections = { output: name, size: 600, classes: 80, side: card.input.size[0] };
const columns: Columns = [
  { ...detections, transform: 'class-scores' },
  { ...detections, transform: 'class-areas' },
];

mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, 'objects.json'), JSON.stringify(columns));
const rows = createWriteStream(join(values.out, 'objects.f32'));
const model = await loadModel(card, dir, { threads: 1, device: 'cpu' });
const [width, height] = card.input.size;
let photos = 0;
for (const photo of values.photos.flatMap((argument) => findPhotos(argument.split('=', 2)[1] ?? ''))) {
  const data = await view(await decode(photo.file), card.input);
  const outputs = await model.run([{ input: { dtype: 'uint8', shape: [height, width, 3], data } }]);
  const found = outputs['detections']?.[0] ?? new Float32Array();
  const row = new Float32Array(widthOf(columns));
  fillRow(row, columns, { [name]: { dtype: 'float32', shape: [found.length], data: found } });
  rows.write(Buffer.from(row.buffer));
  photos += 1;
  if (photos % 200 === 0) console.log(`${photos} photos`);
}
rows.end();
await once(rows, 'finish');
await model.dispose();
