import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadCard } from '../../models/card.js';
import { loadModel } from '../../models/frameworks.js';

/**
 * Returns the most that one instance of a model adds to the resident set (MiB). Measures in a separate process, without
 * memory left by other models.
 */
export async function measureMemory(dir: string, size: readonly [number, number], threads: number): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    dir,
    size.join(),
    String(threads),
  ]);
  return stdout.trim();
}

/** Returns the peak resident set while `work` runs (bytes). */
async function peakDuring(work: () => Promise<unknown>): Promise<number> {
  let peak = process.memoryUsage.rss();
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
  await work();
  clearInterval(watch);
  return Math.max(peak, process.memoryUsage.rss());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , dir = '', size = '', threads = '1'] = process.argv;
  const [width = 0, height = 0] = size.split(',').map(Number);
  const card = loadCard(dir);
  const blank = {
    input: { dtype: 'uint8', shape: [height, width, 3], data: new Uint8Array(width * height * 3) },
  } as const;
  const options = { threads: Number(threads), device: 'cpu' } as const;
  // A first instance loads the runtime itself, which all models of a process share.
  const first = await loadModel(card, dir, options);
  await first.run([blank]);
  const before = process.memoryUsage.rss();
  let model = first;
  const peak = await peakDuring(async () => {
    model = await loadModel(card, dir, options);
    await model.run(Array.from({ length: card.maxBatch }, () => blank));
  });
  console.log(((peak - before) / 2 ** 20).toFixed(0));
  await model.dispose();
  await first.dispose();
}
