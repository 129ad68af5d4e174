import type { Box, Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';

/** x1, y1, x2, y2 in pixels of the model's view, score, class. */
const valuesEach = 6;

/** Boxes of the same name count as one object when their intersection over union exceeds this. */
const defaultOverlap = 0.5;

/**
 * Gives a tag with a box for each detection that the vocabulary names, from the card's `threshold` up, best first. The
 * model sees the whole photo as a square of the card's `side`, so boxes become fractions of width and height.
 */
export function tagObjects(
  modelId: string,
): Operation<{ objects: { readonly detections: Float32Array } }, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    async open({ models }) {
      const { id, vocabulary, parameters } = await models.describe(modelId);
      const threshold = parameters['threshold'] ?? 0.3;
      const overlap = parameters['overlap'] ?? defaultOverlap;
      const side = parameters['side'] ?? 512;

      function tagAt(values: Float32Array): Tag | null {
        const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, kind = NaN] = values;
        const name = vocabulary.get(kind);
        const box = boxOf(x1 / side, y1 / side, x2 / side, y2 / side);
        return name === undefined || score < threshold || box === null
          ? null
          : { name, score: Math.min(1, score), model: id, box };
      }

      return function tagObjects({ objects: { detections } }) {
        const rows = Array.from({ length: Math.floor(detections.length / valuesEach) }, (_, i) =>
          detections.subarray(i * valuesEach, (i + 1) * valuesEach),
        );
        const tags = rows.map(tagAt).filter((tag) => tag !== null);
        return withoutRepeats(
          tags.sort((a, b) => b.score - a.score),
          overlap,
        );
      };
    },
  };
}

/** Clips the box to the photo; null when nothing is left. */
function boxOf(x1: number, y1: number, x2: number, y2: number): Box | null {
  const [left, top, right, bottom] = [x1, y1, x2, y2].map((at) => Math.min(1, Math.max(0, at))) as [
    number,
    number,
    number,
    number,
  ];
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** Removes duplicates of a better tag. `tags` must be sorted, best first. */
function withoutRepeats(tags: readonly Tag[], overlap: number): Tag[] {
  const kept: Tag[] = [];
  for (const tag of tags) {
    if (!kept.some((better) => better.name === tag.name && sharedPart(better.box, tag.box) > overlap)) kept.push(tag);
  }
  return kept;
}

/** Intersection over union. */
function sharedPart(a: Box | null, b: Box | null): number {
  if (a === null || b === null) return 0;
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}
