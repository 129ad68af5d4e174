import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';

/**
 * Checks the weights beside a card against the card's sha256, streaming, and answers their path.
 * @throws FanlightError `corrupt-weights` when the file is missing or differs; `invalid-card` when the card names none.
 */
export async function verifyWeights(card: ModelCard, dir: string): Promise<string> {
  const id = modelIdOf(card);
  if (card.weights === undefined) {
    throw new FanlightError({
      code: 'invalid-card',
      message: `Model ${id} has no weights to load (framework "${card.framework}").`,
      remedy: 'Load it by the function that computes it, or name its weights in the card.',
    });
  }
  const path = join(dir, card.weights.file);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw corrupt(`The weights of ${id} can not be read from ${path} (${String(cause)}).`, cause);
  }
  const actual = hash.digest('hex');
  if (actual !== card.weights.sha256) {
    throw corrupt(`The weights of ${id} in ${path} have sha256 ${actual}, but the card says ${card.weights.sha256}.`);
  }
  return path;
}

function corrupt(message: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'corrupt-weights',
    message,
    remedy: 'Restore the file from the repository or the image that was deployed; never edit the card to match it.',
    cause,
  });
}
