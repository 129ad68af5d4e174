import type { ModelId } from '../../models/catalogue.js';
import { detectionsOf, distanceOf } from '../measure/detections.js';
import { decode } from '../photos/view.js';
import type { Evaluation } from './evaluation.js';

/** A box and a score may differ by so much, the box as a part of the view's side. */
const tolerance = 0.01;

/**
 * How many of a detector's things (from its card's `threshold` up) another one gives too: the same class, box and
 * score. It says
 * nothing of whether they are there: no photo here has labelled boxes.
 */
export function agreement(model: ModelId, other: ModelId): Evaluation {
  return {
    model,
    photos: 24,
    async measure(photos, models) {
      const { threshold = 0.3, side = 512 } = models.describe(model).parameters;
      let [same, things] = [0, 0];
      for (const { file } of photos) {
        const pixels = await decode(file);
        const [mine = [], theirs = []] = await Promise.all(
          [model, other].map(async (id) => detectionsOf((await models.outputsOf(id, pixels))['detections'])),
        );
        const sure = mine.filter(({ score }) => score >= threshold);
        things += sure.length;
        same += sure.filter((thing) =>
          theirs.some(
            (match) =>
              match.kind === thing.kind &&
              Math.abs(match.score - thing.score) <= tolerance &&
              distanceOf(match, thing) <= tolerance * side,
          ),
        ).length;
      }
      return { figures: [{ what: `thing that ${other} finds too`, hits: same, of: things }] };
    },
  };
}
