import { basename } from 'node:path';
import { FanlightError } from '../../schemas/failure.js';
import { modelIds, type Catalogue, type ModelId } from '../../models/catalogue.js';
import { randomOf } from '../photos/overlay_drawing.js';
import { findPhotos, type LabelledPhoto } from '../photos/photos.js';
import { EvaluatedModels } from './evaluated-models.js';
import type { Measured } from './evaluation.js';
import { evaluations } from './evaluations.js';

export interface EvaluateOptions {
  /** Default: every model of the catalogue. */
  readonly models?: readonly string[];
  readonly split?: string;
  /** Keep only photos with these names, as <label>/<file> or <file>. */
  readonly only?: ReadonlySet<string>;
  /** Maximum number of photos for each model. Default: the number that its evaluation sets. */
  readonly photos?: number;
  readonly onModel?: (model: ModelId, photos: number) => void;
}

/** The results of one model. Without figures there is no labelled data for it. */
export interface EvaluatedModel extends Measured {
  readonly model: ModelId;
}

/** @throws FanlightError when no photo is left or a model cannot be loaded, Error when a photo cannot be read. */
export async function evaluate(
  dir: string,
  catalogue: Catalogue,
  options: EvaluateOptions = {},
): Promise<EvaluatedModel[]> {
  const { models: wanted = modelIds } = options;
  const chosen = wanted.map(knownModel);
  const photos = photosOf(dir, options);
  const models = new EvaluatedModels(catalogue);
  const results: EvaluatedModel[] = [];
  try {
    for (const model of chosen) {
      const evaluation = evaluations.find((entry) => entry.model === model);
      const used = photos.slice(0, options.photos ?? evaluation?.photos);
      if (evaluation) options.onModel?.(model, used.length);
      results.push({ model, ...((await evaluation?.measure(used, models)) ?? { figures: [] }) });
    }
  } finally {
    await models.close();
  }
  return results;
}

function knownModel(name: string): ModelId {
  const id = modelIds.find((known) => known === name);
  if (id) return id;
  throw new FanlightError({
    code: 'unknown-model',
    message: `There is no model ${name}.`,
    remedy: `Name one of: ${modelIds.join(', ')}.`,
  });
}

/** Returns the photos in a reproducible order that mixes the labels, so that a short prefix covers many labels. */
function photosOf(dir: string, options: EvaluateOptions): LabelledPhoto[] {
  const order = randomOf(1);
  const photos = findPhotos(dir)
    .filter((photo) => isWanted(photo, options))
    .map((photo) => ({ photo, at: order() }))
    .sort((a, b) => a.at - b.at)
    .map(({ photo }) => photo);
  if (photos.length > 0) return photos;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `No photo in ${dir} matches --split and --only.`,
    remedy: 'Name a split of listings.csv, and photos that exist.',
  });
}

function isWanted({ file, label, split }: LabelledPhoto, { split: wanted, only }: EvaluateOptions): boolean {
  return (
    (wanted === undefined || split === wanted) &&
    (only === undefined || only.has(`${label}/${basename(file)}`) || only.has(basename(file)))
  );
}
