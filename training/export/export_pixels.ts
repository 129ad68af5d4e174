/**
 * Writes labelled photos as scene@1 gets them, but before the centre crop, for training/tune_room_branch.py.
 *
 * usage: npx tsx training/export/export_pixels.ts --out DIR --photos NAME=DIR [--photos ...]
 * Writes DIR/pixels.u8 (RGB rows of all photos, one photo after another) and DIR/index.json
 * ([{source, file, label, split, width, height}], in the same order).
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadCard } from '../../models/card.js';
import { findPhotos } from '../photos/photos.js';
import { beforeCrop, decode } from '../photos/view.js';

const { values } = parseArgs({ options: { out: { type: 'string' }, photos: { type: 'string', multiple: true } } });
if (values.out === undefined || values.photos === undefined)
  throw new Error('--out and --photos NAME=DIR are required.');
const { input } = loadCard(fileURLToPath(new URL('../../models/catalogue/scene@1', import.meta.url)));
if (input.kind !== 'image') throw new Error('scene@1 is not an image model');

mkdirSync(values.out, { recursive: true });
const pixels = createWriteStream(join(values.out, 'pixels.u8'));
const index: object[] = [];
for (const argument of values.photos) {
  const [source = '', dir = ''] = argument.split('=', 2);
  for (const photo of findPhotos(dir)) {
    const { data, width, height } = await beforeCrop(await decode(photo.file), input);
    if (!pixels.write(data)) await once(pixels, 'drain');
    index.push({ source, file: basename(photo.file), label: photo.label, split: photo.split ?? null, width, height });
  }
}
pixels.end();
await once(pixels, 'finish');
writeFileSync(join(values.out, 'index.json'), JSON.stringify(index));
console.log(`${index.length} photos`);
