import { readFile } from 'node:fs/promises';
import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import { verifyWeights } from './weights.js';

/**
 * Reads the weights of a card, for frameworks that keep their weights in one JSON file.
 * @throws FanlightError as `verifyWeights`, and `corrupt-weights` when the file is not JSON.
 */
export async function readJsonWeights(card: ModelCard, dir: string): Promise<unknown> {
  const path = await verifyWeights(card, dir);
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new FanlightError({
      code: 'corrupt-weights',
      message: `The weights of ${modelIdOf(card)} in ${path} cannot be read as JSON (${String(cause)}).`,
      remedy: 'Generate them again as the model card describes.',
      cause,
    });
  }
}
