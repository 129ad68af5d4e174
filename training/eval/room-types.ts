import type { ModelId } from '../../models/catalogue.js';
import { decode } from '../photos/view.js';
import type { Evaluation } from './evaluation.js';

/**
 * Share of photos whose most likely room type is their label, overall and per label. For a card with a `threshold`,
 * also the share of photos that reach it, and the accuracy among these.
 */
export function roomTypes(model: ModelId): Evaluation {
  return {
    model,
    async measure(photos, models) {
      const { labels, parameters } = models.describe(model);
      const threshold = parameters['threshold'] ?? 0;
      let [named, namedRight] = [0, 0];
      const confusion: Record<string, Record<string, number>> = {};
      for (const { file, label } of photos) {
        const { probs = new Float32Array() } = await models.outputsOf(model, await decode(file));
        const score = Math.max(...probs);
        const said = labels[probs.indexOf(score)] ?? 'nothing';
        if (score >= threshold) named += 1;
        if (score >= threshold && said === label) namedRight += 1;
        const row = (confusion[label] ??= {});
        row[said] = (row[said] ?? 0) + 1;
      }
      const recalls = Object.keys(confusion)
        .sort()
        .map((label) => {
          const row = confusion[label] ?? {};
          return {
            what: `${label} recognised`,
            hits: row[label] ?? 0,
            of: Object.values(row).reduce((a, b) => a + b, 0),
          };
        });
      const right = recalls.reduce((sum, { hits }) => sum + hits, 0);
      const reached = [
        { what: `scored ${threshold} or more`, hits: named, of: photos.length },
        ...(named > 0 ? [{ what: 'right among these', hits: namedRight, of: named }] : []),
      ];
      return {
        figures: [
          { what: 'right room type', hits: right, of: photos.length },
          ...(threshold > 0 ? reached : []),
          ...recalls,
        ],
        confusion,
      };
    },
  };
}
