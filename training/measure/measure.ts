/**
 * Prints the memory of an image model, as its card states it, and its latency as in a worker. Compares further models
 * with the same input, such as the variants of quantize.py, with the first.
 *
 * usage: npx tsx training/measure/measure.ts models/catalogue/scene@1 [VARIANT ...] [--threads 1] [--size 736x480]
 * [--rounds 15] [--photos DIR ...]
 * `--size` is the size of the timed images, for a card without a fixed size. The models take turns batch by batch,
 * because other work on the machine slows all of them; a ratio is the median over the rounds. `--photos` also compares
 * outputs, and runs training/eval/, on the held-out photos of DIR (held_out.ts), at most `--count` of each DIR.
 */
import { parseArgs } from 'node:util';
import { loadCard, modelIdOf } from '../../models/card.js';
import { loadModel } from '../../models/frameworks.js';
import { compareOutputs } from './compare_outputs.js';
import { evaluateVariant } from './evaluate_variant.js';
import { measureMemory } from './measure_memory.js';
import { timeInTurns } from './time_in_turns.js';

const { values, positionals: dirs } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    size: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    photos: { type: 'string', multiple: true, default: [] },
    count: { type: 'string', default: 'Infinity' },
  },
});
const cards = dirs.map(loadCard);
const [card] = cards;
if (card === undefined) throw new Error('The folder of the model is missing.');
if (card.input.kind !== 'image' && card.input.kind !== 'scaled-image')
  throw new Error(`${modelIdOf(card)} is not an image model.`);
const [width = 0, height = 0] =
  card.input.kind === 'image'
    ? card.input.size
    : (values.size?.split('x').map(Number) ?? [card.input.longSide, card.input.longSide]);
const blank = {
  input: { dtype: 'uint8', shape: [height, width, 3], data: new Uint8Array(width * height * 3) },
} as const;
const threads = Number(values.threads);

for (const dir of dirs) {
  const { weights, maxBatch } = loadCard(dir);
  const bytes = [weights, ...(weights?.data ?? [])].reduce((sum, file) => sum + (file?.bytes ?? 0), 0);
  console.log(
    `${dir}: ${await measureMemory(dir, [width, height], threads)} MiB resident with batches of ${maxBatch}, ${(bytes / 1e6).toFixed(1)} MB of files`,
  );
}

const models = await Promise.all(dirs.map((dir, at) => loadModel(cards[at] ?? card, dir, { threads, device: 'cpu' })));
for (const size of new Set([1, Math.min(8, card.maxBatch), card.maxBatch])) {
  const batch = Array.from({ length: size }, () => blank);
  const timed = await timeInTurns(
    models.map((model) => () => model.run(batch)),
    Number(values.rounds),
  );
  for (const [at, { median, fastest, ratio, processorRatio }] of timed.entries()) {
    const turned =
      at === 0 ? '' : `, ${ratio.toFixed(2)} times as fast as the first (${processorRatio.toFixed(2)} by CPU time)`;
    console.log(
      `${dirs[at]}: batch ${size}, ${threads} thread(s): ${(median / size).toFixed(1)} ms per image (median), ${(fastest / size).toFixed(1)} (fastest), ${((1000 * size) / median).toFixed(1)} images/s${turned}`,
    );
  }
}

for (const photos of values.photos) {
  await compareOutputs(card, models, { dirs, photos, count: Number(values.count) });
  for (const dir of dirs) await evaluateVariant(dir, { id: modelIdOf(card), photos, count: Number(values.count) });
}
for (const model of models) await model.dispose();
