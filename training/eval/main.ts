/**
 * Measures the quality of the models on labelled photos.
 *
 * usage: npm run eval -- DIR [--model ID]... [--split validation] [--only FILE] [--photos N] [--json]
 * DIR holds <label>/<file>.jpg or <id>_<label>.jpg (beside a listings.csv or in photos/ next to it).
 * `--split` keeps the photos of that split.
 * `--only` keeps the photos that FILE lists, one per line, as <label>/<file> or <file>.
 * `--photos` is the maximum number of photos for each model, in an order that mixes the labels. Default: all photos,
 * and fewer for the slow models (training/eval/).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FanlightError } from '../../schemas/failure.js';
import { openCatalogue } from '../../models/catalogue.js';
import { evaluate } from './evaluator.js';
import { printEvaluations } from './evaluation-text.js';

const catalogueRoot = fileURLToPath(new URL('../../models/catalogue', import.meta.url));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: 'string', multiple: true },
      split: { type: 'string' },
      only: { type: 'string' },
      photos: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [dir] = positionals;
  if (dir === undefined) throw wrongCall('The folder of labelled photos is missing.', 'Call npm run eval -- DIR.');
  const photos = Number(values.photos ?? Infinity);
  if (!(photos >= 1))
    throw wrongCall(`--photos ${values.photos} is not a number of photos.`, 'Give a whole number of at least 1.');
  const results = await evaluate(dir, openCatalogue(catalogueRoot), {
    ...(values.model === undefined ? {} : { models: values.model }),
    ...(values.split === undefined ? {} : { split: values.split }),
    ...(values.only === undefined
      ? {}
      : { only: new Set(readFileSync(values.only, 'utf8').split(/\r?\n/).filter(Boolean)) }),
    ...(values.photos === undefined ? {} : { photos }),
    onModel: (model, count) => process.stderr.write(`${model}: ${count} photos\n`),
  });
  process.stdout.write(
    `${values.json ? JSON.stringify({ dir, models: results }, null, 2) : printEvaluations(results)}\n`,
  );
}

function wrongCall(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message, remedy });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof FanlightError ? `${error.message} ${error.remedy}` : error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
