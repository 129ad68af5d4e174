/**
 * Prints the two most likely types that each version of room-type gives for pictures unlike its training photos. For
 * inspection by eye: the pictures are too few to choose a model by.
 *
 * usage: npx tsx training/measure/check_samples.ts PHOTO...
 * The sample photos are `node_modules/material-dashboard/assets/img/{home-decor,bg-smart-home}-*.jpg`.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelIds, openCatalogue } from '../../models/catalogue.js';
import { EvaluatedModels } from '../eval/evaluated-models.js';
import { decode } from '../photos/view.js';

const models = new EvaluatedModels(openCatalogue(fileURLToPath(new URL('../../models/catalogue', import.meta.url))));
for (const file of process.argv.slice(2)) {
  const photo = await decode(file);
  for (const id of modelIds.filter((known) => known.startsWith('room-type@'))) {
    const { labels, parameters } = models.describe(id);
    const { probs = new Float32Array() } = await models.outputsOf(id, photo);
    const [first, second] = labels
      .map((label, at) => ({ label, score: probs[at] ?? 0 }))
      .sort((a, b) => b.score - a.score);
    const named = (first?.score ?? 0) >= (parameters['threshold'] ?? 0) ? '' : ' (below its threshold: no room type)';
    console.log(
      `${basename(file)}: ${id} ${first?.label} ${first?.score.toFixed(2)}, ${second?.label} ${second?.score.toFixed(2)}${named}`,
    );
  }
}
await models.close();
