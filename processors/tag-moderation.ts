import type { Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';

/** Gives the tag `nsfw` when the model's score reaches the card's `threshold`. */
export function tagModeration(
  modelId: string,
): Operation<{ moderation: { readonly nsfw: Float32Array } }, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    async open({ models }) {
      const { parameters } = await models.describe(modelId);
      const threshold = parameters['threshold'] ?? 0.5;
      return function tagModeration({ moderation }) {
        const score = moderation.nsfw[0] ?? 0;
        return score >= threshold ? [{ name: 'nsfw', score, model: modelId, box: null }] : [];
      };
    },
  };
}
