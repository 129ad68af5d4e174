/**
 * Writes the size and sha256 of a model's weights into its card. Run it once, after the weights are created: Fanlight
 * does not load a model whose files differ from its card.
 *
 * usage: npx tsx training/export/seal_card.ts models/catalogue/scene@1
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cardFile } from '../../models/card.js';

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error('The folder of the model is missing.');
const file = join(dir, cardFile);
const card = JSON.parse(readFileSync(file, 'utf8')) as { weights?: { file: string; package?: string } };
if (card.weights === undefined || card.weights.package !== undefined)
  throw new Error(`${file} names no weights in its own folder.`);
const contents = readFileSync(join(dir, card.weights.file));
const sha256 = createHash('sha256').update(contents).digest('hex');
writeFileSync(
  file,
  `${JSON.stringify({ ...card, weights: { ...card.weights, sha256, bytes: contents.length } }, null, 2)}\n`,
);
console.log(`${file}: ${card.weights.file} has ${contents.length} bytes, sha256 ${sha256}`);
