/**
 * Measures how well overlay-text finds banners, credits and watermarks drawn at random over photos, and how often it
 * tags photos without any.
 *
 * usage: npx tsx training/measure/measure_overlay_text.ts DIR [--photos 24] [--seed 1] [--from 0] [--except FILE]
 * [--json]
 * Takes photos of DIR in an order that depends on the seed, from position `--from` on. `--except` excludes photos with
 * a credit of their own: a file with one name per line. `overlay_search.ts` defines when an overlay is found. Alarms
 * are
 * printed with their boxes, so that you can check by eye whether there is text after all.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadCard } from '../../models/card.js';
import type { Inputs } from '../../models/framework.js';
import { loadModel } from '../../models/frameworks.js';
import { overlayKinds } from '../photos/overlay_drawing.js';
import { findOverlays, openOverlayTagger } from '../photos/overlay_search.js';
import { shuffledPhotos } from '../photos/shuffled_photos.js';

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
if (dir === undefined) throw new Error('The folder of photos is missing.');

const folder = fileURLToPath(new URL('../../models/catalogue/overlay-text@1', import.meta.url));
const card = loadCard(folder);
const model = await loadModel(card, folder, { threads: 1, device: 'cpu' });
/** Time of the model alone (ms), by image size. */
const times = new Map<string, number[]>();
const timed = {
  async run(batch: readonly Inputs[]) {
    const started = performance.now();
    const outputs = await model.run(batch);
    const [height = 0, width = 0] = batch[0]?.input?.shape ?? [];
    times.set(`${width}x${height}`, [...(times.get(`${width}x${height}`) ?? []), performance.now() - started]);
    return outputs;
  },
};
const tagsOf = await openOverlayTagger(timed, card, folder);

const names = shuffledPhotos(dir, {
  seed: Number(values.seed),
  from: Number(values.from),
  count: Number(values.photos),
  except: values.except,
});
const files = names.map((name) => ({ name, read: () => readFile(join(dir, name)) }));
const { found, missed, alarms } = await findOverlays(files, tagsOf, Number(values.seed));
await model.dispose();

const median = [...times].map(([size, all]) => ({
  size,
  images: all.length,
  ms: all.sort((a, b) => a - b)[all.length >> 1] ?? NaN,
  fastest: all[0] ?? NaN,
}));
if (values.json) console.log(JSON.stringify({ photos: names, found, missed, alarms, times: median }, null, 2));
else {
  for (const kind of overlayKinds) console.log(`${kind}: ${found[kind]} of ${names.length} found`);
  console.log(`photos without an overlay that are tagged: ${alarms.length} of ${names.length}`);
  for (const { photo, boxes } of alarms)
    console.log(
      `  ${photo} ${boxes.map((box) => (box ? [box.x, box.y, box.width, box.height].map((v) => v.toFixed(2)).join(' ') : '')).join(' | ')}`,
    );
  for (const { photo, kind } of missed) console.log(`  missed: ${kind} on ${photo}`);
  for (const { size, images, ms, fastest } of median.sort((a, b) => b.images - a.images).slice(0, 4))
    console.log(`${size}: ${ms.toFixed(0)} ms (median of ${images}), ${fastest.toFixed(0)} (fastest)`);
}
