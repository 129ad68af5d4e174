/**
 * `npm run bench:infer [-- --model scene@1 --rounds N]`: overhead of the model host over the runtime itself.
 *
 * Three ways take turns, round by round, in one process and on the same cores:
 * - a bare loop over onnxruntime-node on this thread, with the model's largest batches and the settings of the workers;
 * - the same loop with the runtime's default settings, whose threads spin while they wait (only a process that is alone
 *   on its cores can afford that);
 * - the same number of single tasks through the host of a worker, which gathers them into such batches.
 * Then the bench runs batches of one while the other image models are loaded, and prints the longest pause between two
 * answers.
 */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { packagePath } from '../../primitives/package-root.js';
import type { ModelCard } from '../../models/card.js';
import { openCatalogue } from '../../models/catalogue.js';
import { executionOf, loadModel } from '../../models/frameworks.js';
import { createModelHost, type RunningHost } from '../../models/host.js';
import { sessionOptions } from '../../models/onnx/session-options.js';
import { verifyWeightFiles } from '../../models/weights.js';
import { systemClock } from '../../primitives/clock.js';
import type { Tensor as Image } from '../../processors/values.js';
import { lanes } from '../../topology/lanes.js';
import { say } from '../support/deployment.js';
import { percentile } from '../support/statistics.js';

const batchesARound = 12;
const cores = availableParallelism();
const catalogue = openCatalogue(packagePath('models', 'catalogue'));

function cardOf(id: string): { readonly card: ModelCard; readonly dir: string } {
  const entry = catalogue.models.get(id);
  if (!entry) throw catalogue.problems.get(id) ?? new Error(`The catalogue has no ${id}.`);
  return entry;
}

function openHost(): RunningHost {
  return createModelHost({
    catalogue,
    load: (card, dir, execution) =>
      loadModel(card, dir, { threads: execution.cores, instances: execution.instances, device: 'cpu' }),
    executionOf: (card) => executionOf(card, { cores }),
    clock: systemClock,
    lanes: new Map(lanes.map((lane) => [lane.name, lane])),
    cores,
  });
}

/** Returns an image of deterministic noise. */
function image({ input }: ModelCard): Image {
  if (input.kind !== 'image') throw new Error('This bench needs a model whose input images have one fixed size.');
  const [width, height] = input.size;
  return {
    dtype: 'uint8',
    shape: [height, width, 3],
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2_654_435_761) >>> 24),
  };
}

/** Runs one round; resolves with its duration (ms). */
type Round = () => Promise<number>;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function bareRound(id: string, options: InferenceSession.SessionOptions): Promise<Round> {
  const { card, dir } = cardOf(id);
  const { path, data } = await verifyWeightFiles(card, dir);
  const externalData = await Promise.all(
    data.map(async (file) => ({ path: basename(file), data: await readFile(file) })),
  );
  const session = await InferenceSession.create(path, {
    ...options,
    ...(externalData.length === 0 ? {} : { externalData }),
  });
  const { data: pixels, shape } = image(card);
  const batch = new Uint8Array(card.maxBatch * pixels.length);
  for (let at = 0; at < card.maxBatch; at += 1) batch.set(pixels, at * pixels.length);
  const feeds = { input: new Tensor('uint8', batch, [card.maxBatch, ...shape]) };
  return () =>
    timed(async () => {
      for (let round = 0; round < batchesARound; round += 1) await session.run(feeds);
    });
}

function hostRound(host: RunningHost, id: string): Round {
  const { card } = cardOf(id);
  const input = image(card);
  return () =>
    timed(() =>
      Promise.all(
        Array.from({ length: batchesARound * card.maxBatch }, () =>
          host.run(id, { input }, { lane: 'bulk', deadline: undefined }),
        ),
      ),
    );
}

async function compare(id: string, rounds: number): Promise<void> {
  const host = openHost();
  const ways = {
    bare: await bareRound(id, sessionOptions(cores, 'cpu')),
    defaults: await bareRound(id, { executionProviders: ['cpu'], intraOpNumThreads: cores }),
    host: hostRound(host, id),
  };
  const taken: Record<keyof typeof ways, number[]> = { bare: [], defaults: [], host: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of ['bare', 'defaults', 'host'] as const) {
      const ms = await ways[way]();
      if (round > 0) taken[way].push(ms); // the first round warms up
    }
  }
  await host.close();
  const images = batchesARound * cardOf(id).card.maxBatch;
  const rate = (way: keyof typeof ways) => (1_000 * images) / percentile(taken[way], 0.5);
  const share = (way: keyof typeof ways) => (rate('host') / rate(way)).toFixed(2);
  process.stdout.write(
    `${id}, batches of ${cardOf(id).card.maxBatch}, ${cores} cores: host ${rate('host').toFixed(1)} images/s, ${share('bare')} of a bare loop (${rate('bare').toFixed(1)}), ${share('defaults')} of one with the runtime's defaults (${rate('defaults').toFixed(1)}); medians of ${rounds} rounds\n`,
  );
}

/** Runs single tasks one after the other until `done` resolves; returns how long each took (ms). */
async function pauses(host: RunningHost, id: string, done: Promise<unknown>): Promise<number[]> {
  const input = image(cardOf(id).card);
  const taken: number[] = [];
  let finished = false;
  void done.then(() => (finished = true));
  while (!finished) taken.push(await timed(() => host.run(id, { input }, { lane: 'realtime', deadline: undefined })));
  return taken;
}

async function stallWhileLoading(id: string): Promise<void> {
  const host = openHost();
  await host.load(id);
  const alone = await pauses(host, id, new Promise((resolve) => setTimeout(resolve, 5_000)));
  const others = [...catalogue.models.values()].filter(
    ({ card }) => card.weights && card.input.kind !== 'features' && `${card.name}@${card.version}` !== id,
  );
  for (const { card } of others) {
    const other = `${card.name}@${card.version}`;
    const during = await pauses(host, id, host.load(other));
    process.stdout.write(
      `${id} one at a time while ${other} is loaded: p50 ${percentile(during, 0.5).toFixed(0)} ms, slowest ${Math.max(...during).toFixed(0)} of ${during.length} (alone ${percentile(alone, 0.5).toFixed(0)} and ${Math.max(...alone).toFixed(0)})\n`,
    );
  }
  await host.close();
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { model: { type: 'string' }, rounds: { type: 'string', default: '9' } } });
  const ids = values.model === undefined ? ['scene@1', 'moderation@1'] : [values.model];
  say(`${ids.join(', ')}: ${values.rounds} rounds of ${batchesARound} batches for each of the three ways`);
  for (const id of ids) await compare(id, Number(values.rounds));
  await stallWhileLoading(ids[0] as string);
}

await main();
