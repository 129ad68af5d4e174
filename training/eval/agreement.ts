import type { ModelId } from '../../models/catalogue.js';
import { detectionsOf, distanceOf } from '../measure/detections.js';
import { decode } from '../photos/view.js';
import type { Evaluation } from './evaluation.js';

/** Largest difference of two matching detections: in score, and in box position as a fraction of the view's side. */
const tolerance = 0.01;

/**
 * Share of a detector's detections (with at least the `threshold` of its card) that another detector gives too: the
 * same class, box and score. It does not measure whether the detections are correct: no photo here has labelled boxes.
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
      return { figures: [{ what: `detection that ${other} confirms`, hits: same, of: things }] };
    },
  };
}
