import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ModelId } from '../../models/catalogue.js';
import { overlayKinds } from '../photos/overlay_drawing.js';
import { findOverlays, openOverlayTagger } from '../photos/overlay_search.js';
import type { Evaluation } from './evaluation.js';

/**
 * Share of drawn overlays that the model finds, and share of unchanged photos that it tags. Photos of listing services
 * often carry a credit: look at a tagged photo before you call it a false alarm.
 * `training/measure/measure_overlay_text.ts` prints their names.
 */
export function overlays(model: ModelId): Evaluation {
  return {
    model,
    photos: 48,
    async measure(photos, models) {
      const { card, dir } = models.entry(model);
      const tagsOf = await openOverlayTagger(await models.load(model), card, dir);
      const files = photos.map(({ file }) => ({ name: basename(file), read: () => readFile(file) }));
      const { found, alarms } = await findOverlays(files, tagsOf, 1);
      return {
        figures: [
          ...overlayKinds.map((kind) => ({ what: `drawn ${kind} found`, hits: found[kind], of: photos.length })),
          { what: 'unchanged photo tagged (some carry a credit)', hits: alarms.length, of: photos.length },
        ],
      };
    },
  };
}
