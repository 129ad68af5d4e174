import { addVotes, plantForest } from './forest.js';
import { corrupt, parseSaved, unsupported } from './format.js';
import { objectives } from './objectives.js';

export interface Booster {
  readonly objective: string;
  /** Length of an input row. */
  readonly features: number;
  /** Length of a prediction. */
  readonly outputs: number;
  /**
   * Returns the same as `Booster.predict` with all trees. NaN is a missing value. For a model with early stopping, save
   * the slice up to the best iteration.
   */
  readonly predict: (row: Float32Array) => Float32Array;
}

/**
 * Prepares a model that XGBoost saved for evaluation.
 * @param id for error messages only.
 * @throws FanlightError `corrupt-weights`, or `invalid-card` for an unsupported kind of model.
 */
export function openBooster(id: string, json: unknown): Booster {
  const saved = parseSaved(id, json);
  const { objective: name, classes, features, baseScore } = saved;
  const objective = objectives[name];
  if (!objective)
    throw unsupported(
      id,
      `its objective is "${name}"`,
      `Train it with one of these: ${Object.keys(objectives).join(', ')}.`,
    );
  if (!objective.classes && classes > 1)
    throw corrupt(id, `its objective ${name} has one class, but num_class is ${classes}`);
  if (baseScore.length !== 1 && baseScore.length !== classes)
    throw corrupt(id, `base_score has ${baseScore.length} values for ${classes} classes`);
  const { base } = objective;
  if (base && !baseScore.every(base.holds))
    throw corrupt(id, `base_score is ${baseScore.join(', ')}, but ${name} needs it ${base.expected}`);

  const forest = plantForest(id, saved);
  const start = Float32Array.from({ length: classes }, (_, k) =>
    objective.marginOf(Math.fround(baseScore[k] ?? baseScore[0]!)),
  );
  return {
    objective: name,
    features,
    outputs: objective.outputs(classes),
    predict(row) {
      const margins = start.slice();
      addVotes(forest, row, margins);
      return objective.predict(margins);
    },
  };
}
