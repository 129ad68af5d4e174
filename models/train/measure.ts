/**
 * Prints what an image model's card states of memory, and its latency as its worker sees it.
 *
 * usage: npx tsx models/train/measure.ts models/catalogue/scene@1 [--threads 1] [--size 736x480]
 * `--size`: of the timed images, where the card leaves it open.
 */
import { parseArgs } from 'node:util';
import { loadCard, modelIdOf } from '../card.js';
import { loadModel } from '../frameworks.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { threads: { type: 'string', default: '1' }, size: { type: 'string' } } });
const dir = positionals[0];
if (dir === undefined) throw new Error('Name the folder of a model.');
const card = loadCard(dir);
if (card.input.kind !== 'image' && card.input.kind !== 'scaled-image') throw new Error(`${dir} is no image model.`);
const id = modelIdOf(card);
const [width = 0, height = 0] = card.input.kind === 'image' ? card.input.size : (values.size?.split('x').map(Number) ?? [card.input.longSide, card.input.longSide]);
const blank = { input: { dtype: 'uint8', shape: [height, width, 3], data: new Uint8Array(width * height * 3) } } as const;

/** Bytes at their most while `work` goes on. */
async function peakDuring(work: () => Promise<unknown>): Promise<number> {
  let peak = process.memoryUsage.rss();
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
  await work();
  clearInterval(watch);
  return Math.max(peak, process.memoryUsage.rss());
}

const options = { threads: Number(values.threads), device: 'cpu' } as const;
// A first instance brings in the runtime itself, which all models of a process share.
const first = await loadModel(card, dir, options);
await first.run([blank]);
const before = process.memoryUsage.rss();
let model = first;
const peak = await peakDuring(async () => {
  model = await loadModel(card, dir, options);
  await model.run(Array.from({ length: card.maxBatch }, () => blank));
});
console.log(`${id}: ${((peak - before) / 2 ** 20).toFixed(0)} MiB resident with batches of ${card.maxBatch}`);
for (const size of new Set([1, Math.min(8, card.maxBatch), card.maxBatch])) {
  const batch = Array.from({ length: size }, () => blank);
  const times: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    const started = performance.now();
    await model.run(batch);
    times.push((performance.now() - started) / size);
  }
  times.sort((a, b) => a - b);
  console.log(`${id}: batch ${size}, ${values.threads} thread(s): ${(times[7] ?? NaN).toFixed(1)} ms an image (median), ${(times[0] ?? NaN).toFixed(1)} (fastest)`);
}
await model.dispose();
await first.dispose();
