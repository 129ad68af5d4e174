import type { RoomType } from '../schemas/events.js';
import { outputName } from '../schemas/models/reference.js';
import type { Operation } from './operation.js';
import type { ModelDescription } from './ports.js';
import type { Tensor } from './values.js';

/** Outputs of a model, by name. */
export type ModelOutputs = Readonly<Record<string, Float32Array>>;

/**
 * Returns the most likely room type, or null when its score is below the `threshold` of the card.
 *
 * @param modelId exact version, or an alias: each version behind it reads the outputs that it needs
 * @param from maps each input to the model that provides its outputs
 */
export function classifyRoom<const Input extends string>(
  modelId: string,
  from: Readonly<Record<Input, string>>,
): Operation<{ readonly [I in Input]: ModelOutputs }, RoomType | null> {
  return {
    name: `model:${modelId}`,
    needs: 'cpu',
    models: [modelId],
    runs: [modelId],
    takes: from,
    async open({ models }) {
      const model = await models.open(modelId);
      const described = new Map<string, ModelDescription>([[model.id, model]]);
      async function descriptionOf(version: string): Promise<ModelDescription> {
        const description = described.get(version) ?? (await models.describe(version));
        described.set(version, description);
        return description;
      }

      return async function classifyRoom(input, context) {
        let served = modelId;
        const outputs = await model.infer(tensorsOf(input, from), {
          ...context,
          served: (id) => context.served((served = id)),
        });
        const { labels, parameters } = await descriptionOf(served);
        return likeliest(outputs['probs'] ?? new Float32Array(), labels, parameters['threshold'] ?? 0);
      };
    },
  };
}

function tensorsOf<Input extends string>(
  input: Readonly<Record<Input, ModelOutputs>>,
  from: Readonly<Record<Input, string>>,
): Record<string, Tensor> {
  const inputs = Object.keys(from) as Input[];
  return Object.fromEntries(
    inputs.flatMap((name) =>
      Object.entries(input[name]).map(([output, data]) => [
        outputName(from[name], output),
        { dtype: 'float32', shape: [data.length], data },
      ]),
    ),
  );
}

function likeliest(scores: Float32Array, labels: readonly string[], threshold: number): RoomType | null {
  let best = 0;
  for (const [index, score] of scores.entries()) if (score > (scores[best] ?? 0)) best = index;
  const score = scores[best] ?? 0;
  const name = labels[best];
  return name === undefined || score < threshold ? null : { name, score };
}
