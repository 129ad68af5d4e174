import type { Tag } from '../../schemas/events.js';
import type { Operation } from '../operation.js';
import { overlayRegions, type OverlayRegion, type TextCells } from './overlay-regions.js';

/** Tag name of text laid over a photo, whether it was read or not. */
export const overlayTextTag = 'overlay text';

/**
 * Gives a tag with a box for each text that seems to be laid over the photo, largest first (`overlayRegions`).
 *
 * The score rises with the area: half the text's probability at the minimum area, nine tenths of it at nine times that.
 */
export function tagOverlayText(modelId: string): Operation<{ text: TextCells }, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    async open({ models }) {
      const { id, parameters } = await models.describe(modelId);
      return function tagOverlayText({ text }) {
        return overlayRegions(text, parameters).map((region) => ({
          name: overlayTextTag,
          score: overlayScore(region),
          model: id,
          box: region.box,
        }));
      };
    },
  };
}

export function overlayScore({ share, probability, leastShare }: OverlayRegion): number {
  return Math.min(1, (probability * share) / (share + leastShare));
}
