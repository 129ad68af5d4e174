/**
 * Writes the outputs of scene@1 for labelled photos, with the decoder, resizer and runtime of production, so that the
 * room-type head is trained on exactly the inputs that it gets in production.
 *
 * usage: npx tsx training/export/export_features.ts --out DIR --photos NAME=DIR [--photos ...] --view VIEW [--view ...]
 * VIEW is `crop<short side>` or `squash<side>`, optionally `@x,y` (position of the crop, 0 to 1; the centre is 0.5,0.5)
 * and `+flop` (mirrored): `crop256`, `crop288@0,0.5+flop`.
 * Writes DIR/index.json ([{source, file, label, split}]), and for each view DIR/<view>.f32: one row per photo, with
 * 1280 features and then 1000 probabilities, little-endian float32, in the order of the index.
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ImageInput } from '../../models/card.js';
import { findPhotos } from '../photos/photos.js';
import { decode, view } from '../photos/view.js';

interface View {
  readonly name: string;
  readonly input: ImageInput;
  readonly offset: readonly [number, number];
  readonly flop: boolean;
}

function parseView(name: string): View {
  const match = /^(crop|squash)(\d+)(?:@([\d.]+),([\d.]+))?(\+flop)?$/.exec(name);
  if (match === null) throw new Error(`"${name}" is not a view; examples: crop256, squash256, crop288@0,0.5+flop.`);
  const side = Number(match[2]);
  return {
    name,
    input: {
      kind: 'image',
      size: [224, 224],
      colour: 'RGB',
      layout: 'NHWC',
      dtype: 'uint8',
      resize: match[1] === 'crop' ? { mode: 'crop', shortSide: side } : { mode: 'squash', intermediate: [side, side] },
    },
    offset: [Number(match[3] ?? 0.5), Number(match[4] ?? 0.5)],
    flop: match[5] !== undefined,
  };
}

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    photos: { type: 'string', multiple: true },
    view: { type: 'string', multiple: true },
  },
});
if (values.out === undefined || values.photos === undefined || values.view === undefined) {
  throw new Error('--out, --photos NAME=DIR and --view are required.');
}
const views = values.view.map(parseView);
const photos = values.photos.flatMap((argument) => {
  const [source = '', dir = ''] = argument.split('=', 2);
  return findPhotos(dir).map((photo) => ({ source, ...photo }));
});
mkdirSync(values.out, { recursive: true });
writeFileSync(
  join(values.out, 'index.json'),
  JSON.stringify(
    photos.map((p) => ({ source: p.source, file: basename(p.file), label: p.label, split: p.split ?? null })),
    null,
    0,
  ),
);

const weights = fileURLToPath(new URL('../../models/catalogue/scene@1/weights.onnx', import.meta.url));
const session = await InferenceSession.create(weights, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const out = values.out;
const files = views.map((v) => createWriteStream(join(out, `${v.name}.f32`)));
const started = performance.now();
for (const [index, photo] of photos.entries()) {
  const pixels = await decode(photo.file);
  const tensors = await Promise.all(views.map((v) => view(pixels, v.input, v.offset, v.flop)));
  const batch = new Tensor('uint8', Buffer.concat(tensors), [views.length, 224, 224, 3]);
  const { features, probs } = await session.run({ input: batch });
  if (!(features?.data instanceof Float32Array) || !(probs?.data instanceof Float32Array))
    throw new Error('the outputs of scene@1 are not float32');
  for (const [v, file] of files.entries()) {
    const row = new Float32Array(2280);
    row.set(features.data.subarray(v * 1280, (v + 1) * 1280), 0);
    row.set(probs.data.subarray(v * 1000, (v + 1) * 1000), 1280);
    file.write(Buffer.from(row.buffer));
  }
  if ((index + 1) % 200 === 0)
    console.log(`${index + 1}/${photos.length} photos, ${Math.round((performance.now() - started) / 1000)} s`);
}
await Promise.all(files.map((file) => new Promise((resolve) => file.end(resolve))));
