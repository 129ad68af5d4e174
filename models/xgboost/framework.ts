import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ModelCard } from '../card.js';
import { widthOf } from '../columns.js';
import { featuresModel } from '../features-model.js';
import type { Framework, LoadedModel } from '../framework.js';
import { readJsonWeights } from '../json-weights.js';
import { openBooster } from './booster.js';

/** Trees that XGBoost grew over the outputs of other models, on the calling thread. */
export const xgboost: Framework = { load: loadXgboost };

/**
 * The one output is what `Booster.predict` gives: a probability a class (multi:softprob), the number of the likeliest
 * class
 * (multi:softmax), a probability (binary:logistic) or a value (reg:squarederror). A row is the card's columns, as
 * float32.
 * @throws FanlightError `corrupt-weights`, or `invalid-card` when the card and the weights do not belong together.
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
  if (!columns) throw invalidCard(id, 'its card does not say the columns of its inputs (input.columns)');
  const booster = openBooster(id, await readJsonWeights(card, dir));
  const width = widthOf(columns);
  if (booster.features !== width)
    throw invalidCard(id, `its card has ${width} columns, and its weights want ${booster.features}`);
  const wanted = `[N,${booster.outputs}]`;
  const named = card.outputs.map(({ name, shape }) => ({ name, shape: `[${shape.join(',')}]` }));
  if (named.length !== 1 || named[0]?.shape !== wanted) {
    throw invalidCard(
      id,
      `its weights (${booster.objective}) give one output ${wanted}, and its card names ${named.map(({ name, shape }) => `${name} ${shape}`).join(', ')}`,
    );
  }
  return featuresModel({ card, columns, row: new Float32Array(width), evaluate: booster.predict });
}

function invalidCard(id: string, problem: string): FanlightError {
  return new FanlightError({
    code: 'invalid-card',
    message: `Model ${id} cannot be loaded: ${problem}.`,
    remedy: `Correct models/catalogue/${id}/card.json, or save the model that it describes.`,
  });
}
