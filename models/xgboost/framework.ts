import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ModelCard } from '../card.js';
import { widthOf } from '../columns.js';
import { featuresModel } from '../features-model.js';
import type { Framework, LoadedModel } from '../framework.js';
import { readJsonWeights } from '../json-weights.js';
import { openBooster } from './booster.js';

/** XGBoost trees over the outputs of other models, run on the calling thread. */
export const xgboost: Framework = { load: loadXgboost };

/**
 * Loads an XGBoost model. A row has the card's columns, as float32. The one output is the result of `Booster.predict`:
 * - multi:softprob: the probability of each class
 * - multi:softmax: the number of the most likely class
 * - binary:logistic: a probability
 * - reg:squarederror: a value
 *
 * @throws FanlightError `corrupt-weights`, or `invalid-card` when the card and the weights do not match.
 */
async function loadXgboost(card: ModelCard, dir: string): Promise<LoadedModel> {
  const id = modelIdOf(card);
  if (card.framework !== 'xgboost' || card.input.kind !== 'features') {
    throw invalidCard(
      id,
      `it is a "${card.framework}" model of kind "${card.input.kind}", not an XGBoost model over features`,
    );
  }
  const { columns } = card.input;
  if (!columns) throw invalidCard(id, 'its card does not list the columns of its inputs (input.columns)');
  const booster = openBooster(id, await readJsonWeights(card, dir));
  const width = widthOf(columns);
  if (booster.features !== width)
    throw invalidCard(id, `its card has ${width} columns, but its weights need ${booster.features}`);
  const wanted = `[N,${booster.outputs}]`;
  const named = card.outputs.map(({ name, shape }) => ({ name, shape: `[${shape.join(',')}]` }));
  if (named.length !== 1 || named[0]?.shape !== wanted) {
    throw invalidCard(
      id,
      `its weights (${booster.objective}) give one output ${wanted}, but its card names ${named.map(({ name, shape }) => `${name} ${shape}`).join(', ')}`,
    );
  }
  return featuresModel({ card, columns, row: new Float32Array(width), evaluate: booster.predict });
}

function invalidCard(id: string, problem: string): FanlightError {
  return new FanlightError({
    code: 'invalid-card',
    message: `Model ${id} cannot be loaded: ${problem}.`,
    remedy: `Correct models/catalogue/${id}/card.json, or save the model that the card describes.`,
  });
}
