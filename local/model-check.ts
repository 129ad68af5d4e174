import type { Check } from './servers/preflight.js';
import type { Catalogue, CatalogueEntry } from '../models/catalogue.js';
import { loadModel } from '../models/frameworks.js';
import { asFanlightError, FanlightError } from '../schemas/failure.js';

/**
 * Checks whether each model of the catalogue works here: its card, the files that the card names, its weights, and one
 * run. Models are checked one after another, to limit memory.
 * @param only checks only the model with this id
 */
export async function checkModelsLoad({ models, problems }: Catalogue, only?: string): Promise<Check[]> {
  const isMeant = ([id]: readonly [string, unknown]) => only === undefined || id === only;
  const checks = [...problems].filter(isMeant).map(([id, error]) => failedCheck(id, error));
  for (const [id, entry] of [...models].filter(isMeant)) {
    try {
      await tryModel(entry);
      checks.push({ id: `model-${id}`, status: 'ok', message: `The model ${id} works.` });
    } catch (error) {
      checks.push(failedCheck(id, error));
    }
  }
  if (only === undefined || checks.length > 0) return checks;
  return [
    failedCheck(
      only,
      new FanlightError({
        code: 'unknown-model',
        message: `There is no model ${only} in the catalogue.`,
        remedy: `Choose one of ${[...models.keys()].join(', ')}.`,
      }),
    ),
  ];
}

async function tryModel({ card, dir }: CatalogueEntry): Promise<void> {
  if (card.framework === 'none') return;
  const model = await loadModel(card, dir, { threads: 1, device: 'cpu' });
  try {
    await model.warmUp();
  } finally {
    await model.dispose();
  }
}

function failedCheck(id: string, error: unknown): Check {
  const { message, remedy } = asFanlightError(error);
  return { id: `model-${id}`, status: 'failed', message: `${message} ${remedy}` };
}
