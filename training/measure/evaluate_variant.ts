import { fileURLToPath } from 'node:url';
import { loadCard } from '../../models/card.js';
import { modelIds, openCatalogue } from '../../models/catalogue.js';
import { evaluate } from '../eval/evaluator.js';
import { intervalOf } from '../eval/evaluation-text.js';
import { heldOutPhotos, nameOf } from './held_out.js';

const root = fileURLToPath(new URL('../../models/catalogue', import.meta.url));

interface Evaluated {
  /** Model of the catalogue that the variant replaces. */
  readonly id: string;
  /** Folder of labelled photos, of which the held-out ones are used. */
  readonly photos: string;
  readonly count: number;
}

/** Prints the figures of training/eval/ for the model in `dir`, and for models that use only its outputs. */
export async function evaluateVariant(dir: string, { id, photos, count }: Evaluated): Promise<void> {
  const card = loadCard(dir);
  const shipped = openCatalogue(root);
  const catalogue = { ...shipped, models: new Map([...shipped.models, [id, { card, dir }]]) };
  const concerned = modelIds.filter((model) => {
    const { input } = shipped.models.get(model)?.card ?? {};
    return model === id || (input?.kind === 'features' && input.from.every((source) => source.model === id));
  });
  const only = new Set(heldOutPhotos(photos).map(nameOf));
  const results = await evaluate(photos, catalogue, {
    models: concerned,
    only,
    ...(Number.isFinite(count) ? { photos: count } : {}),
  });
  for (const { model, figures } of results) {
    for (const figure of figures) {
      const { low, high } = intervalOf(figure);
      console.log(
        `${dir}: ${model}: ${figure.what}: ${figure.hits} of ${figure.of} (95 % interval ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %)`,
      );
    }
  }
}
