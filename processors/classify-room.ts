import type { RoomType } from '../schemas/events.js';
import type { Operation } from './operation.js';
import type { Tensor } from './values.js';

export interface SceneScores {
  /** [1000], ImageNet classes. */
  readonly probs: Float32Array;
  /** [1280], the network's last layer. */
  readonly features: Float32Array;
}

/** The likeliest room type, or null where its score is below the `threshold` of the card. */
export function classifyRoom(modelId: string): Operation<{ scene: SceneScores }, RoomType | null> {
  return {
    name: `model:${modelId}`,
    needs: 'cpu',
    models: [modelId],
    runs: [modelId],
    async open({ models }) {
      const model = await models.open(modelId);
      const threshold = model.parameters['threshold'] ?? 0;
      return async function classifyRoom({ scene }, context) {
        const { probs } = await model.infer({ features: vector(scene.features), probs: vector(scene.probs) }, context);
        return likeliest(probs ?? new Float32Array(), model.labels, threshold);
      };
    },
  };
}

function vector(data: Float32Array): Tensor {
  return { dtype: 'float32', shape: [data.length], data };
}

function likeliest(scores: Float32Array, labels: readonly string[], threshold: number): RoomType | null {
  let best = 0;
  for (const [index, score] of scores.entries()) if (score > (scores[best] ?? 0)) best = index;
  const score = scores[best] ?? 0;
  const name = labels[best];
  return name === undefined || score < threshold ? null : { name, score };
}
