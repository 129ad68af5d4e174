/**
 * Measures how well text-line reads overlays that overlay-text found: banners, credits and watermarks drawn at random.
 *
 * usage: npx tsx training/measure/measure_text_line.ts DIR [--photos 24] [--seed 1] [--from 0] [--except FILE]
 * [--card DIR] [--json]
 * Takes photos of DIR in an order that depends on the seed, from position `--from` on. `--except` excludes photos with
 * a credit of their own: a file with one name per line. Each photo is used four times: unchanged, and with each kind of
 * overlay.
 * Prints for each kind: overlays that were found, and of which text was read; drawn words that were read exactly; and
 * the character error rate, which is the edit distance from the drawn to the read text over the length of the drawn
 * text. An overlay that was not found counts as an empty reading. An overlay on text that was found on the unchanged
 * photo is skipped. Case and spaces count; `©`, which the model's dictionary lacks, does not. Text that is read on
 * unchanged photos is printed, so that you can check it by eye.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyModel } from '../../processors/apply-model.js';
import { cropTextLines } from '../../processors/text/crop-text-lines.js';
import { decodeImage } from '../../processors/decode-image.js';
import { identifyFormat } from '../../processors/decoding/format-identification.js';
import type { Operation, OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import { readTextLines } from '../../processors/text/read-text-lines.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagReadText } from '../../processors/text/tag-read-text.js';
import type { Box, Tag } from '../../schemas/events.js';
import { overlayTextView } from '../../topology/pipelines/views.js';
import { loadCard } from '../../models/card.js';
import { describeModel } from '../../models/description.js';
import { loadModel } from '../../models/frameworks.js';
import { drawOverlay, overlayKinds, randomOf } from '../photos/overlay_drawing.js';
import { touch } from '../photos/overlay_search.js';
import { shuffledPhotos } from '../photos/shuffled_photos.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    except: { type: 'string' },
    card: { type: 'string', default: fileURLToPath(new URL('../../models/catalogue/text-line@1', import.meta.url)) },
    json: { type: 'boolean', default: false },
  },
});
const [dir] = positionals;
if (dir === undefined) throw new Error('The folder of photos is missing.');

const folders = new Map([
  ['overlay-text@1', fileURLToPath(new URL('../../models/catalogue/overlay-text@1', import.meta.url))],
  ['text-line@1', values.card],
]);
const models = new Map(
  await Promise.all(
    [...folders].map(async ([id, folder]) => {
      const card = loadCard(folder);
      return [id, { card, folder, model: await loadModel(card, folder, { threads: 2, device: 'cpu' }) }] as const;
    }),
  ),
);
function modelOf(id: string) {
  const found = models.get(id);
  if (!found) throw new Error(`${id} is not loaded.`);
  return found;
}
const describe = (id: string) => Promise.resolve(describeModel(modelOf(id).card, modelOf(id).folder));
const ports = {
  models: {
    describe,
    open: async (id: string) => ({
      ...(await describe(id)),
      async infer(inputs: Parameters<Awaited<ReturnType<Ports['models']['open']>>['infer']>[0]) {
        const rows = await modelOf(id).model.run([inputs]);
        return Object.fromEntries(Object.entries(rows).map(([name, [row = new Float32Array()]]) => [name, row]));
      },
    }),
  },
} as unknown as Ports;
const context = { signal: new AbortController().signal } as OperationContext;
const open = async <In extends object, Out>(operation: Operation<In, Out>) => operation.open(ports);
const { input } = modelOf('text-line@1').card;
if (input.kind !== 'image') throw new Error('text-line@1 is not an image model.');
const decode = await open(
  decodeImage({ minShortSide: 512, minLongSide: overlayTextView.mode === 'multiple' ? overlayTextView.longSide : 512 }),
);
const resize = await open(resizeImage(overlayTextView));
const find = await open(applyModel('overlay-text@1', ['coverage', 'strength']));
const crop = await open(cropTextLines('overlay-text@1', input.size));
const read = await open(readTextLines('text-line@1'));
const tag = await open(tagReadText('overlay-text@1', 'text-line@1'));

async function tagsOf(bytes: Buffer): Promise<readonly Tag[]> {
  const file = { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), format: await identifyFormat(bytes) };
  const text = await find({ tensor: await resize({ pixels: await decode({ file }, context) }, context) }, context);
  return tag({ text, lines: await read({ lines: await crop({ file, text }, context) }, context) }, context);
}

const known = (text: string) => text.replaceAll('©', '').trim();

/** Returns the text that was read at the overlay, from left to right. */
function readAt(tags: readonly Tag[], place: Box): string {
  const there = tags.filter(({ box, text }) => text !== undefined && touch(box, place));
  return there
    .sort((a, b) => (a.box?.x ?? 0) - (b.box?.x ?? 0))
    .map(({ text }) => text)
    .join(' ');
}

/** Counts the words of `drawn` that occur in `text`, each at most as often as it occurs there. */
function wordsRead(drawn: string, text: string): number {
  const left = text.split(' ');
  return drawn.split(' ').filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

/** Returns the Levenshtein distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [at, character] of [...a].entries()) {
    const next = [at + 1];
    for (let column = 1; column <= b.length; column += 1) {
      next.push(
        Math.min(
          (next[column - 1] ?? 0) + 1,
          (row[column] ?? 0) + 1,
          (row[column - 1] ?? 0) + (character === b[column - 1] ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const names = shuffledPhotos(dir, {
  seed: Number(values.seed),
  from: Number(values.from),
  count: Number(values.photos),
  except: values.except,
});
const totals = Object.fromEntries(
  overlayKinds.map((kind) => [
    kind,
    { drawn: 0, found: 0, read: 0, exact: 0, words: 0, wordsRead: 0, characters: 0, errors: 0 },
  ]),
);
const wrong: string[] = [];
const unasked: { photo: string; text: string }[] = [];
for (const [at, name] of names.entries()) {
  const photo = readFileSync(join(dir, name));
  const own = await tagsOf(photo);
  for (const { text } of own) if (text !== undefined && text !== null) unasked.push({ photo: name, text });
  for (const [nth, kind] of overlayKinds.entries()) {
    const { file, place, text } = await drawOverlay(
      photo,
      kind,
      randomOf(Number(values.seed) * 100_000 + at * 10 + nth),
    );
    if (own.some(({ box }) => touch(box, place))) continue;
    const tags = await tagsOf(file);
    const [drawn, seen] = [known(text), readAt(tags, place)];
    const total = totals[kind];
    if (!total) continue;
    total.drawn += 1;
    total.found += tags.some(({ box }) => touch(box, place)) ? 1 : 0;
    total.read += seen === '' ? 0 : 1;
    total.exact += seen === drawn ? 1 : 0;
    total.words += drawn.split(' ').length;
    total.wordsRead += wordsRead(drawn, seen);
    total.characters += drawn.length;
    total.errors += editDistance(drawn, seen);
    if (seen !== drawn) wrong.push(`${kind} on ${name}: ${JSON.stringify(drawn)} read as ${JSON.stringify(seen)}`);
  }
}
await Promise.all([...models.values()].map(({ model }) => model.dispose()));

if (values.json) console.log(JSON.stringify({ photos: names, totals, wrong, unasked }, null, 2));
else {
  const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
  for (const kind of overlayKinds) {
    const {
      drawn,
      found,
      read: something,
      exact,
      words,
      wordsRead: exactly,
      characters,
      errors,
    } = totals[kind] ?? { drawn: 0, found: 0, read: 0, exact: 0, words: 0, wordsRead: 0, characters: 0, errors: 0 };
    console.log(
      `${kind}: ${found} of ${drawn} found, ${something} read, ${exact} without an error; words ${exactly} of ${words} (${percent(exactly, words)}), character error rate ${percent(errors, characters)}`,
    );
  }
  console.log(
    `read on unchanged photos: ${unasked.length} lines on ${new Set(unasked.map(({ photo }) => photo)).size} of ${names.length} photos`,
  );
  for (const { photo, text } of unasked) console.log(`  ${photo}: ${text}`);
  for (const line of wrong) console.log(`  ${line}`);
}
