import { outputName } from '../schemas/models/reference.js';
import type { Operation } from './operation.js';
import type { Tensor } from './values.js';

/**
 * Runs one model, in batches with other tasks of the process for that model.
 *
 * @param modelId exact version such as `scene@1`, or an alias
 * @param outputs names of the outputs that later operations read, as in the model's card
 */
export function applyModel<const Name extends string>(
  modelId: string,
  outputs: readonly Name[],
): Operation<{ tensor: Tensor }, Readonly<Record<Name, Float32Array>>> {
  return {
    name: `model:${modelId}`,
    needs: 'gpu',
    models: [modelId],
    runs: [modelId],
    gives: outputs.map((output) => outputName(modelId, output)),
    reusable: true,
    async open({ models }) {
      const model = await models.open(modelId);
      return async function applyModel({ tensor }, context) {
        const all = await model.infer({ input: tensor }, context);
        return Object.fromEntries(outputs.map((name) => [name, all[name]])) as Record<Name, Float32Array>;
      };
    },
  };
}
