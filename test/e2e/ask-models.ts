import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultAliasRoutes } from '../../models/aliases.js';
import { openCatalogue } from '../../models/catalogue.js';
import { executionOf, loadModel } from '../../models/frameworks.js';
import type { Inputs } from '../../models/framework.js';
import { createModelHost } from '../../models/host.js';
import { bytesOfFloats } from '../../primitives/float-bytes.js';
import { systemClock } from '../../primitives/clock.js';
import { roomTypeInputs } from '../models/linear/room-type-inputs.js';
import { pythonWith } from '../support/python-clients.js';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

export interface Answer {
  readonly model: string;
  readonly id: string | null;
  /** Rows by output name, one row per item. */
  readonly outputs: Readonly<Record<string, readonly (readonly number[])[]>>;
}

export interface Heard {
  readonly scene: Readonly<Record<'binary' | 'json' | 'compressed', Answer>>;
  readonly room: Readonly<Record<'binary' | 'json' | 'newest', Answer>>;
  /** For each request form and each item: texts such as `0.93:5:kitchen`, the most likely first. */
  readonly classes: readonly (readonly (readonly string[])[])[];
  readonly refusals: Readonly<Record<string, { readonly status: string; readonly message: string }>>;
  readonly [name: string]: unknown;
}

const items = 3;
const views = Array.from({ length: items }, (_, item) =>
  Uint8Array.from({ length: 224 * 224 * 3 }, (_pixel, at) => ((at + item) * 2_654_435_761) >>> 24),
);
const rooms = Array.from({ length: items }, (_, item) => roomTypeInputs(item));

/** Returns the answers of a gateway to an unmodified Triton client (test/e2e/ask_models.py). */
export async function askByTritonClient(gatewayUrl: string, folder: string): Promise<Heard> {
  mkdirSync(folder, { recursive: true });
  const floats = (name: string) =>
    Buffer.concat(rooms.map((inputs) => bytesOfFloats(inputs[name]?.data as Float32Array)));
  writeFileSync(join(folder, 'pixels.u8'), Buffer.concat(views));
  writeFileSync(join(folder, 'features.f32'), floats('scene@1/features'));
  writeFileSync(join(folder, 'detections.f32'), floats('objects@2/detections'));
  const { stdout } = await runPython('test/e2e/ask_models.py', new URL(gatewayUrl).host, folder);
  return JSON.parse(stdout) as Heard;
}

/** Runs the example of docs/inference.md. */
export async function runExample(gatewayUrl: string, photo: string): Promise<string> {
  return (await runPython('examples/python/ask_models.py', photo, new URL(gatewayUrl).host)).stdout.trim();
}

async function runPython(script: string, ...args: string[]) {
  const python = await pythonWith(join(root, 'examples', 'python', 'inference-requirements.txt'));
  return run(python, [join(root, script), ...args], { maxBuffer: 16 * 2 ** 20 });
}

/** Runs the same models on the same items without a gateway. */
export async function runDirectly(): Promise<Readonly<Record<'scene' | 'room', Answer['outputs']>>> {
  const host = createModelHost({
    catalogue: openCatalogue(join(root, 'models', 'catalogue')),
    load: (card, dir, { cores, instances }) => loadModel(card, dir, { threads: cores, instances, device: 'cpu' }),
    executionOf: (card) => executionOf(card, { cores: 1 }),
    clock: systemClock,
    lanes: new Map(),
    cores: 1,
  });
  const rowsOf = async (model: string, batch: readonly Inputs[]) => {
    const answers = await Promise.all(
      batch.map((inputs) => host.run(model, inputs, { lane: 'realtime', deadline: undefined })),
    );
    return Object.fromEntries(
      Object.keys(answers[0] ?? {}).map((name) => [name, answers.map((outputs) => [...(outputs[name] ?? [])])]),
    );
  };
  try {
    const scene = await rowsOf(
      'scene@1',
      views.map((data) => ({ input: { dtype: 'uint8', shape: [224, 224, 3], data } })),
    );
    return { scene, room: await rowsOf(defaultAliasRoutes.get('room-type@stable')?.to ?? '', rooms) };
  } finally {
    await host.close();
  }
}

/** Returns the largest difference between the outputs; infinite if their names or sizes differ. */
export function largestDifference(a: Answer['outputs'], b: Answer['outputs']): number {
  const flat = (outputs: Answer['outputs']) =>
    Object.keys(outputs)
      .sort()
      .map((name) => [name, (outputs[name] ?? []).flat()] as const);
  const [left, right] = [flat(a), flat(b)];
  if (
    JSON.stringify(left.map(([name, values]) => [name, values.length])) !==
    JSON.stringify(right.map(([name, values]) => [name, values.length]))
  )
    return Infinity;
  return Math.max(
    ...left.flatMap(([, values], at) => values.map((value, index) => Math.abs(value - (right[at]?.[1][index] ?? NaN)))),
  );
}

const roomLabels = JSON.parse(
  readFileSync(join(root, 'models', 'catalogue', 'room-type@2', 'labels.json'), 'utf8'),
) as readonly string[];

/** Returns texts such as `5:kitchen`, the most likely first. */
export function twoLikeliestRooms(scores: readonly number[]): string[] {
  const best = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  return best.slice(0, 2).map((index) => `${index}:${roomLabels[index]}`);
}
