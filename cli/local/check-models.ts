import type { Check } from '../../deploy/platform/preflight.js';
import type { Catalogue, CatalogueEntry } from '../../models/catalogue.js';
import { loadModel } from '../../models/frameworks.js';
import { asFanlightError } from '../../schemas/failure.js';

/** Whether each model of the catalogue can be used here: its card, what that names, its weights, and one run. One after another, for the memory's sake. */
export async function checkModelsLoad({ models, problems }: Catalogue): Promise<Check[]> {
  const checks = [...problems].map(([id, error]) => failedCheck(id, error));
  for (const [id, entry] of models) {
    try {
      await tryModel(entry);
      checks.push({ id: `model-${id}`, status: 'ok', message: `The model ${id} works.` });
    } catch (error) {
      checks.push(failedCheck(id, error));
    }
  }
  return checks;
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
