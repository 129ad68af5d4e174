import type { Tag } from '../schemas/events.js';
import type { Operation } from './operation.js';

/**
 * Gives scene tags: class scores summed by the tag names of the model's vocabulary, from the card's `tagThreshold` up,
 * best first.
 */
export function tagScene(modelId: string): Operation<{ scene: { readonly probs: Float32Array } }, readonly Tag[]> {
  return {
    name: `tags:${modelId}`,
    needs: 'cpu',
    async open({ models }) {
      const { vocabulary, parameters } = await models.describe(modelId);
      const threshold = parameters['tagThreshold'] ?? 0.1;
      return function tagScene({ scene }) {
        const scores = new Map<string, number>();
        for (const [index, name] of vocabulary) scores.set(name, (scores.get(name) ?? 0) + (scene.probs[index] ?? 0));
        return [...scores]
          .filter(([, score]) => score >= threshold)
          .sort(([, a], [, b]) => b - a)
          .map(([name, score]) => ({ name, score: Math.min(1, score), model: modelId, box: null }));
      };
    },
  };
}
