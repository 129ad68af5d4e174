import { readFile } from 'node:fs/promises';
import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import { verifyWeights } from './weights.js';

/**
 * The weights of a card, for frameworks whose weights are one JSON file.
 * @throws FanlightError as `verifyWeights`, and `corrupt-weights` when they are no JSON.
 */
export async function readJsonWeights(card: ModelCard, dir: string): Promise<unknown> {
  const path = await verifyWeights(card, dir);
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new FanlightError({
      code: 'corrupt-weights',
      message: `The weights of ${modelIdOf(card)} in ${path} cannot be read as JSON (${String(cause)}).`,
      remedy: 'Write them anew, as the model card says they were made.',
      cause,
    });
  }
}
