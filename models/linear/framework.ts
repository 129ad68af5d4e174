import { FanlightError } from '../../schemas/failure.js';
import { featureNames, modelIdOf, type ModelCard } from '../card.js';
import { namesOf, widthOf } from '../columns.js';
import { featuresModel } from '../features-model.js';
import type { Framework, LoadedModel } from '../framework.js';
import { readJsonWeights } from '../json-weights.js';
import { linearHead, linearWeights, type LinearWeights } from './head.js';

/** Linear heads over the outputs of other models, run on the calling thread. */
export const linear: Framework = { load: loadLinear };

/**
 * Loads a linear head. Its inputs are the outputs that its card names, each float32 [size]. It runs on the calling
 * thread (about 0.1 ms per image).
 * @throws FanlightError `corrupt-weights`, or `invalid-card` when the card and the weights do not match.
 */
async function loadLinear(card: ModelCard, dir: string): Promise<LoadedModel> {
  const id = modelIdOf(card);
  if (card.framework !== 'linear' || card.input.kind !== 'features') {
    throw invalidCard(
      `Model ${id} cannot be loaded: it is a "${card.framework}" model of kind "${card.input.kind}", not a linear head over features.`,
    );
  }
  if (card.input.columns)
    throw invalidCard(
      `Model ${id} cannot be loaded: its card has columns, but a linear head reads them from its weights.`,
    );
  const weights = parseWeights(id, await readJsonWeights(card, dir));
  const [taken, named] = [featureNames(card.input).join(', '), namesOf(weights.inputs).join(', ')];
  if (taken !== named)
    throw invalidCard(`Model ${id} cannot be loaded: its card takes ${taken}, but its weights take ${named}.`);
  const values = card.outputs[0]?.shape[1];
  if (values !== weights.classes.length)
    throw invalidCard(
      `Model ${id} cannot be loaded: its card has an output of ${values} values, but its weights have ${weights.classes.length} classes.`,
    );
  return featuresModel({
    card,
    columns: weights.inputs,
    row: new Float64Array(widthOf(weights.inputs)),
    evaluate: linearHead(weights),
  });
}

function parseWeights(id: string, json: unknown): LinearWeights {
  const parsed = linearWeights.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new FanlightError({
    code: 'corrupt-weights',
    message: `The weights of ${id} are not a linear head: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}.`,
    remedy: 'Generate them with training/train_room_type.py.',
    cause: parsed.error,
  });
}

function invalidCard(message: string): FanlightError {
  return new FanlightError({
    code: 'invalid-card',
    message,
    remedy: 'Correct its card.json, or generate card and weights with training/train_room_type.py.',
  });
}
