import type { Tag } from '../../schemas/events.js';
import { decodeCtc } from './ctc-decoder.js';
import type { Operation } from '../operation.js';
import { overlayRegions, type TextCells } from './overlay-regions.js';
import type { LineSteps } from './read-text-lines.js';
import { overlayScore, overlayTextTag } from './tag-overlay-text.js';

/**
 * Gives the tags of `tagOverlayText`, with the text of the readable ones. These reach the reader's `textThreshold` and
 * have at least `leastCharacters` characters; their model and score are the reader's.
 */
export function tagReadText(
  detectorId: string,
  readerId: string,
): Operation<{ text: TextCells; lines: readonly LineSteps[] }, readonly Tag[]> {
  return {
    name: `tags:${detectorId}-${readerId}`,
    needs: 'cpu',
    async open({ models }) {
      const [detector, reader] = await Promise.all([models.describe(detectorId), models.describe(readerId)]);
      const { textThreshold = 0.5, leastCharacters = 2 } = reader.parameters;
      return function tagReadText({ text: cells, lines }) {
        return overlayRegions(cells, detector.parameters).map((region, index) => {
          // Lines belong to the first regions, in the same order.
          const steps = lines[index];
          const { text, score } = steps
            ? decodeCtc(steps.character, steps.probability, reader.labels)
            : { text: '', score: 0 };
          const unread = { name: overlayTextTag, score: overlayScore(region), model: detector.id, box: region.box };
          return text.length >= leastCharacters && score >= textThreshold
            ? { ...unread, score, model: reader.id, text }
            : unread;
        });
      };
    },
  };
}
