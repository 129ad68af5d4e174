import type { Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';

/**
 * Gives the tags `dark` and `blurred` when the value is below the card's `darkMeanLuma` (0..255) or `blurredSharpness`
 * (Laplacian variance). The score rises from 0.5 at the threshold to 1 at zero.
 */
export function tagQuality(
  modelId: string,
): Operation<{ quality: { readonly meanLuma: number; readonly sharpness: number } }, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    models: [modelId],
    async open({ models }) {
      const { parameters } = await models.describe(modelId);
      const tag = (name: string, measured: number, threshold = 0): Tag[] =>
        measured < threshold ? [{ name, score: 1 - measured / threshold / 2, model: modelId, box: null }] : [];
      return function tagQuality({ quality }) {
        return [
          ...tag('dark', quality.meanLuma, parameters['darkMeanLuma']),
          ...tag('blurred', quality.sharpness, parameters['blurredSharpness']),
        ];
      };
    },
  };
}
