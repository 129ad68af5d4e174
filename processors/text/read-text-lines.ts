import type { Box } from '../../schemas/events.js';
import type { TextLine } from './crop-text-lines.js';
import type { Operation } from '../operation.js';

/** The model's output for one line, step by step from left to right. */
export interface LineSteps {
  readonly box: Box;
  /** Index of the most likely character of each step; 0 is the blank. */
  readonly character: Float32Array;
  /** Probability of that character, 0..1. */
  readonly probability: Float32Array;
}

/** Runs all lines of the photo concurrently, so that they share batches. */
export function readTextLines(modelId: string): Operation<{ lines: readonly TextLine[] }, readonly LineSteps[]> {
  return {
    name: `read-text-lines:${modelId}`,
    needs: 'gpu',
    models: [modelId],
    runs: [modelId],
    reusable: true,
    async open({ models }) {
      const model = await models.open(modelId);
      return async function readTextLines({ lines }, context) {
        const read = lines.map(async ({ box, tensor }) => {
          const { character = new Float32Array(), probability = new Float32Array() } = await model.infer(
            { input: tensor },
            context,
          );
          return { box, character, probability };
        });
        return Promise.all(read);
      };
    },
  };
}
