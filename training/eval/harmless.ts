import type { ModelId } from '../../models/catalogue.js';
import { decode } from '../photos/view.js';
import type { Evaluation } from './evaluation.js';

/** Share of photos that moderation flags, on the assumption that every photo is harmless. */
export function harmless(model: ModelId): Evaluation {
  return {
    model,
    async measure(photos, models) {
      const { threshold = 0.5 } = models.describe(model).parameters;
      let alarms = 0;
      for (const { file } of photos) {
        const { nsfw } = await models.outputsOf(model, await decode(file));
        if ((nsfw?.[0] ?? 0) >= threshold) alarms += 1;
      }
      return { figures: [{ what: 'harmless photo flagged', hits: alarms, of: photos.length }] };
    },
  };
}
