import type { ModelId } from '../catalogue.js';
import { decode } from '../train/view.js';
import type { Evaluation } from './evaluation.js';

/** How often the likeliest room type is the photo's label, over all photos and for each label. */
export function roomTypes(model: ModelId): Evaluation {
  return {
    model,
    async measure(photos, models) {
      const { labels } = models.describe(model);
      const confusion: Record<string, Record<string, number>> = {};
      for (const { file, label } of photos) {
        const { probs = new Float32Array() } = await models.outputsOf(model, await decode(file));
        const said = labels[probs.indexOf(Math.max(...probs))] ?? 'nothing';
        const row = (confusion[label] ??= {});
        row[said] = (row[said] ?? 0) + 1;
      }
      const recalls = Object.keys(confusion)
        .sort()
        .map((label) => {
          const row = confusion[label] ?? {};
          return { what: `${label} called so`, hits: row[label] ?? 0, of: Object.values(row).reduce((a, b) => a + b, 0) };
        });
      const right = recalls.reduce((sum, { hits }) => sum + hits, 0);
      return { figures: [{ what: 'right room type', hits: right, of: photos.length }, ...recalls], confusion };
    },
  };
}
