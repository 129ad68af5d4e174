import type { Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';
import { findTextRegions, type TextRegion } from './text-regions.js';

const tagName = 'overlay text';

/**
 * A tag with its box for each text that seems to be laid over the photo, largest first. What a detector takes for text within a room (patterns,
 * frames, labels) lies anywhere, a credit at the upper or lower edge. So there (`margin`, a part of the height) a region
 * is enough whose text covers `marginShare` of the photo; elsewhere it has to cover `share`, to be as certain as `probability`
 * and to fill its rectangle as a line of text does (`fill`).
 *
 * The score rises with the area: half the text's probability at the least area, nine tenths of it at nine times as much.
 */
export function tagOverlayText(modelId: string): Operation<{ text: Readonly<Record<'coverage' | 'strength', Float32Array>> }, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    async open({ models }) {
      const { id, parameters } = await models.describe(modelId);
      const { margin = 0.12, marginShare = 0.0012, share = 0.0025, fill = 0.3, probability = 0.95 } = parameters;

      function leastShare(region: TextRegion): number {
        const { y, height } = region.box;
        if (y + height <= margin || y >= 1 - margin) return marginShare;
        return region.fill >= fill && region.probability >= probability ? share : Infinity;
      }

      return function tagOverlayText({ text: { coverage, strength } }) {
        return findTextRegions(coverage, strength)
          .filter((region) => region.share >= leastShare(region))
          .map((region) => ({ name: tagName, score: scoreOf(region, leastShare(region)), model: id, box: region.box }));
      };
    },
  };
}

function scoreOf({ share, probability }: TextRegion, least: number): number {
  return Math.min(1, (probability * share) / (share + least));
}
