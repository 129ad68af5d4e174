/**
 * `npm run bench:budget [-- --tasks N]`: a stream of tasks that uses more models than the memory budget holds.
 *
 * Runs the same tasks twice on the model host of a worker: with room for all models, and with a budget for the two
 * largest. Each case runs in its own process. Prints tasks per second, loads, and the resident set against the budget.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { packagePath } from '../../primitives/package-root.js';
import { frugalAllocator } from '../../models/allocator.js';
import type { ModelCard } from '../../models/card.js';
import { openCatalogue } from '../../models/catalogue.js';
import type { Inputs } from '../../models/framework.js';
import { executionOf, loadModel } from '../../models/frameworks.js';
import { createModelHost } from '../../models/host.js';
import { systemClock } from '../../primitives/clock.js';
import { lanes } from '../../topology/lanes.js';
import { say } from '../support/deployment.js';

/** Tasks in flight at the same time, as in a worker. */
const concurrency = 128;
const modelsUsed = 5;

interface Case {
  readonly budgetMiB: number | null;
  readonly seconds: number;
  readonly loads: number;
  readonly baseMiB: number;
  readonly peakMiB: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tasks: { type: 'string', default: '600' },
      budget: { type: 'string' },
      child: { type: 'boolean', default: false },
    },
  });
  const tasks = Number(values.tasks);
  if (values.child) {
    process.stdout.write(
      `${JSON.stringify(await run(tasks, values.budget === undefined ? null : Number(values.budget)))}\n`,
    );
    return;
  }
  const sizes = imageModels().map(({ card }) => card.memoryMiB);
  const budget = (sizes[0] ?? 0) + (sizes[1] ?? 0);
  say(`${sizes.length} models of ${sizes.join(', ')} MiB; a budget of ${budget} MiB holds two`);
  for (const given of [null, budget]) {
    const args = [
      fileURLToPath(import.meta.url),
      '--child',
      '--tasks',
      String(tasks),
      ...(given === null ? [] : ['--budget', String(given)]),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, ...frugalAllocator },
    });
    print(tasks, JSON.parse(stdout) as Case);
  }
}

/** The largest image models of the catalogue. */
function imageModels() {
  const { models } = openCatalogue(packagePath('models', 'catalogue'));
  const all = [...models].flatMap(([id, { card, dir }]) =>
    card.input.kind === 'image' || card.input.kind === 'scaled-image' ? [{ id, card, dir, input: blank(card) }] : [],
  );
  return all.sort((a, b) => b.card.memoryMiB - a.card.memoryMiB).slice(0, modelsUsed);
}

function blank({ input }: ModelCard): Inputs {
  if (input.kind !== 'image' && input.kind !== 'scaled-image') throw new Error('not an image model');
  const [width, height] = input.kind === 'image' ? input.size : [input.longSide, input.longSide];
  return { input: { dtype: 'uint8', shape: [height, width, 3], data: new Uint8Array(width * height * 3) } };
}

async function run(tasks: number, budgetMiB: number | null): Promise<Case> {
  const models = imageModels();
  const rss = () => process.memoryUsage.rss() / 2 ** 20;
  const baseMiB = rss();
  let [peakMiB, loads] = [0, 0];
  const host = createModelHost({
    catalogue: openCatalogue(packagePath('models', 'catalogue')),
    load: (card, dir, execution) =>
      loadModel(card, dir, { threads: execution.cores, instances: execution.instances, device: 'cpu' }),
    // One instance per model, so that the budget holds two of the models.
    executionOf: (card) => executionOf(card, { cores: availableParallelism(), instances: 1 }),
    clock: systemClock,
    lanes: new Map(lanes.map((lane) => [lane.name, lane])),
    cores: availableParallelism(),
    ...(budgetMiB === null ? {} : { budgetMiB }),
    observer: { onLoaded: () => void (loads += 1) },
  });
  const watch = setInterval(() => (peakMiB = Math.max(peakMiB, rss())), 20);
  const limit = pLimit(concurrency);
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: tasks }, (_, index) => {
      const { id, input } = models[index % models.length] as (typeof models)[number];
      return limit(() => host.run(id, input, { lane: 'bulk', deadline: undefined }));
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  await delay(50);
  clearInterval(watch);
  await host.close();
  return { budgetMiB, seconds, loads, baseMiB, peakMiB };
}

function print(tasks: number, { budgetMiB, seconds, loads, baseMiB, peakMiB }: Case): void {
  const bound = budgetMiB === null ? 'all fit' : `budget ${budgetMiB} MiB`;
  const against =
    budgetMiB === null
      ? ''
      : ` = ${(peakMiB / (budgetMiB + baseMiB)).toFixed(2)} of budget and base (${baseMiB.toFixed(0)} MiB)`;
  process.stdout.write(
    `${bound}: ${(tasks / seconds).toFixed(1)} tasks/s, ${loads} loads, resident set at most ${peakMiB.toFixed(0)} MiB${against}\n`,
  );
}

await main();
