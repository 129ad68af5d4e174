/**
 * How good the shipped models are on labelled photos.
 *
 * usage: npx tsx models/eval.ts DIR [--split validation] [--only FILE] [--json]
 * DIR holds <label>/<file>.jpg or <id>_<label>.jpg (beside a listings.csv or in photos/ next to it). `--split` keeps the
 * photos of that split; `--only` those that FILE lists, as <label>/<file> or <file>, one a line.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import type { Tensor } from '../processors/values.js';
import type { ModelCard } from './card.js';
import { openCatalogue, type ModelId } from './catalogue.js';
import { describeModel } from './describe.js';
import { loadModel } from './frameworks.js';
import { loadOnnx } from './onnx/session.js';
import { findPhotos, type LabelledPhoto } from './train/photos.js';
import { decode, view } from './train/view.js';

export interface EvaluateOptions {
  readonly split?: string;
  /** Names as <label>/<file> or <file>. */
  readonly only?: ReadonlySet<string>;
  readonly onPhoto?: (done: number, of: number) => void;
}

export interface Evaluation {
  readonly photos: number;
  /** Share of photos whose likeliest room type is their label. */
  readonly accuracy: number;
  /** label -> predicted type -> photos. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Share of photos that moderation flags; all of them are taken to be harmless. */
  readonly moderationFalseAlarms: number;
}

const catalogueRoot = fileURLToPath(new URL('./catalogue', import.meta.url));

/** @throws Error when no photo is left, FanlightError when a model can not be loaded or a photo not be read. */
export async function evaluate(dir: string, options: EvaluateOptions = {}): Promise<Evaluation> {
  const photos = findPhotos(dir).filter((photo) => isWanted(photo, options));
  if (photos.length === 0) throw new Error(`No photo of ${dir} is left after --split and --only.`);
  const catalogue = openCatalogue(catalogueRoot);
  const entry = (id: ModelId) => {
    const found = catalogue.models.get(id);
    if (!found) throw catalogue.problems.get(id) ?? new Error(`The catalogue has no ${id}.`);
    return found;
  };
  const onnx = { threads: cpus().length, device: 'cpu' } as const;
  const [scene, moderation, head] = await Promise.all([
    loadOnnx(entry('scene@1').card, entry('scene@1').dir, onnx),
    loadOnnx(entry('moderation@1').card, entry('moderation@1').dir, onnx),
    loadModel(entry('room-type@1').card, entry('room-type@1').dir, onnx),
  ]);
  const { labels } = describeModel(entry('room-type@1').card, entry('room-type@1').dir);
  const confusion: Record<string, Record<string, number>> = {};
  let [right, alarms] = [0, 0];
  for (const [index, photo] of photos.entries()) {
    const pixels = await decode(photo.file);
    const look = (card: ModelCard) => view(pixels, imageInput(card));
    const [{ features, probs }, { nsfw }] = await Promise.all([
      look(scene.card).then((tensor) => scene.run([tensor])),
      look(moderation.card).then((tensor) => moderation.run([tensor])),
    ]);
    const scores = (await head.run([{ 'scene@1/features': vector(features?.[0]), 'scene@1/probs': vector(probs?.[0]) }]))['probs']?.[0] ?? new Float32Array();
    const predicted = labels[scores.indexOf(Math.max(...scores))] ?? '';
    const row = (confusion[photo.label] ??= {});
    row[predicted] = (row[predicted] ?? 0) + 1;
    if (predicted === photo.label) right += 1;
    if ((nsfw?.[0]?.[0] ?? 0) >= (moderation.card.parameters?.['threshold'] ?? 0.5)) alarms += 1;
    options.onPhoto?.(index + 1, photos.length);
  }
  await Promise.all([scene.dispose(), moderation.dispose(), head.dispose()]);
  return { photos: photos.length, accuracy: right / photos.length, confusion, moderationFalseAlarms: alarms / photos.length };
}

function vector(data: Float32Array = new Float32Array()): Tensor {
  return { dtype: 'float32', shape: [data.length], data };
}

function isWanted({ file, label, split }: LabelledPhoto, { split: wanted, only }: EvaluateOptions): boolean {
  return (wanted === undefined || split === wanted) && (only === undefined || only.has(`${label}/${basename(file)}`) || only.has(basename(file)));
}

function imageInput({ input }: ModelCard) {
  if (input.kind !== 'image') throw new Error('an image model is expected here');
  return input;
}

/** For people. */
export function printEvaluation({ photos, accuracy, confusion, moderationFalseAlarms }: Evaluation): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const columns = [...new Set([...Object.keys(confusion), ...Object.values(confusion).flatMap((row) => Object.keys(row))])].sort();
  const table = new Table({ head: ['is \\ said', ...columns, 'right'], style: { head: [], border: [] } });
  for (const label of Object.keys(confusion).sort()) {
    const row = confusion[label] ?? {};
    const total = Object.values(row).reduce((a, b) => a + b, 0);
    table.push([label, ...columns.map((column) => row[column] ?? ''), percent((row[label] ?? 0) / total)]);
  }
  return [table.toString(), `room type: ${percent(accuracy)} of ${photos} photos`, `moderation: ${percent(moderationFalseAlarms)} flagged`].join('\n');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { split: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [dir] = positionals;
  if (dir === undefined) throw new Error('Name a directory of labelled photos.');
  const result = await evaluate(dir, {
    ...(values.split === undefined ? {} : { split: values.split }),
    ...(values.only === undefined ? {} : { only: new Set(readFileSync(values.only, 'utf8').split(/\r?\n/).filter(Boolean)) }),
  });
  process.stdout.write(`${values.json ? JSON.stringify(result, null, 2) : printEvaluation(result)}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
