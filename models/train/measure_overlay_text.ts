/**
 * How well overlay-text finds banners, credits and watermarks, drawn at random over photos, and how often it alarms without any.
 *
 * usage: npx tsx models/train/measure_overlay_text.ts DIR [--photos 24] [--seed 1] [--from 0] [--except FILE] [--json]
 * The photos of DIR in an order made of the seed, from the place `--from` on. `--except`: names of photos, one a line, that
 * carry a credit of their own; they are left out. Each photo is used four times: as it is, and with each kind of overlay. An overlay
 * counts as found when a tag's box touches its own place; an alarm is any tag on the photo as it is. The alarms are named with their boxes, so
 * that a person can look whether there is text after all.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decodeImage } from '../../processors/decode-image.js';
import { identifyFormat } from '../../processors/decoding/identify.js';
import type { Operation, OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagOverlayText } from '../../processors/tag-overlay-text.js';
import type { Box, Tag } from '../../schemas/events.js';
import { loadCard, modelIdOf } from '../card.js';
import { describeModel } from '../describe.js';
import { loadModel } from '../frameworks.js';
import { drawOverlay, overlayKinds, randomOf } from './draw_overlays.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    except: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [dir] = positionals;
if (dir === undefined) throw new Error('Name a folder of photos.');

const folder = fileURLToPath(new URL('../catalogue/overlay-text@1', import.meta.url));
const card = loadCard(folder);
const { input } = card;
if (input.kind !== 'scaled-image') throw new Error('overlay-text@1 is no model of scaled images.');
const model = await loadModel(card, folder, { threads: 1, device: 'cpu' });
const ports = { models: { describe: () => Promise.resolve(describeModel(card, folder)) } } as unknown as Ports;
const context = { signal: new AbortController().signal } as OperationContext;
const open = async <In extends object, Out>(operation: Operation<In, Out>) => operation.open(ports);
const decode = await open(decodeImage({ minShortSide: 512, minLongSide: input.longSide }));
const resize = await open(resizeImage({ mode: 'multiple', multipleOf: input.multipleOf, longSide: input.longSide }));
const tag = await open(tagOverlayText(modelIdOf(card)));
/** Model only, milliseconds, by size. */
const times = new Map<string, number[]>();

async function tagsOf(bytes: Buffer): Promise<readonly Tag[]> {
  const file = { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), format: await identifyFormat(bytes) };
  const tensor = await resize({ pixels: await decode({ file }, context) }, context);
  const started = performance.now();
  const { coverage, strength } = await model.run([{ input: tensor }]);
  const size = `${tensor.shape[1]}x${tensor.shape[0]}`;
  times.set(size, [...(times.get(size) ?? []), performance.now() - started]);
  return tag({ text: { coverage: coverage?.[0] ?? new Float32Array(), strength: strength?.[0] ?? new Float32Array() } }, context);
}

function touch(a: Box | null, b: Box): boolean {
  return a !== null && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

const left = new Set(values.except === undefined ? [] : readFileSync(values.except, 'utf8').split(/\r?\n/));
const order = randomOf(Number(values.seed));
const names = readdirSync(dir)
  .filter((name) => /[.](?:jpe?g|png|webp)$/i.test(name))
  .sort()
  .map((name) => ({ name, at: order() }))
  .sort((a, b) => a.at - b.at)
  .slice(Number(values.from))
  .map(({ name }) => name)
  .filter((name) => !left.has(name))
  .slice(0, Number(values.photos));
if (names.length === 0) throw new Error(`No photo of ${dir} is left.`);

const found = Object.fromEntries(overlayKinds.map((kind) => [kind, 0]));
const missed: string[] = [];
const alarms: { photo: string; boxes: (Box | null)[] }[] = [];
for (const [at, name] of names.entries()) {
  const photo = readFileSync(join(dir, name));
  const clean = await tagsOf(photo);
  if (clean.length > 0) alarms.push({ photo: name, boxes: clean.map(({ box }) => box) });
  for (const [nth, kind] of overlayKinds.entries()) {
    const { file, place } = await drawOverlay(photo, kind, randomOf(Number(values.seed) * 100_000 + at * 10 + nth));
    if ((await tagsOf(file)).some(({ box }) => touch(box, place))) found[kind] = (found[kind] ?? 0) + 1;
    else missed.push(`${kind} on ${name}`);
  }
}
await model.dispose();

const median = [...times].map(([size, all]) => ({ size, images: all.length, ms: all.sort((a, b) => a - b)[all.length >> 1] ?? NaN, fastest: all[0] ?? NaN }));
if (values.json) console.log(JSON.stringify({ photos: names, found, missed, alarms, times: median }, null, 2));
else {
  for (const kind of overlayKinds) console.log(`${kind}: ${found[kind]} of ${names.length} found`);
  console.log(`false alarms, unless there is text: ${alarms.length} of ${names.length}`);
  for (const { photo, boxes } of alarms) console.log(`  ${photo} ${boxes.map((box) => (box ? [box.x, box.y, box.width, box.height].map((v) => v.toFixed(2)).join(' ') : '')).join(' | ')}`);
  for (const miss of missed) console.log(`  missed: ${miss}`);
  for (const { size, images, ms, fastest } of median.sort((a, b) => b.images - a.images).slice(0, 4)) console.log(`${size}: ${ms.toFixed(0)} ms (median of ${images}), ${fastest.toFixed(0)} (fastest)`);
}
