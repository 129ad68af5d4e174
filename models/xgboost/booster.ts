import { addVotes, plantForest } from './forest.js';
import { corrupt, parseSaved, unsupported } from './format.js';
import { objectives } from './objectives.js';

export interface Booster {
  readonly objective: string;
  /** Numbers that a row has. */
  readonly features: number;
  /** Numbers that a prediction has. */
  readonly outputs: number;
  /**
   * What `Booster.predict` gives for the row, with all trees: where training was stopped early, save the slice up to
   * the
   * best iteration. NaN is a missing value.
   */
  readonly predict: (row: Float32Array) => Float32Array;
}

/**
 * A model as XGBoost saves it, made ready to run.
 * @param id only named in errors.
 * @throws FanlightError `corrupt-weights`, or `invalid-card` for a kind of model that is not evaluated.
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
    throw corrupt(id, `its objective ${name} has one class, and num_class says ${classes}`);
  if (baseScore.length !== 1 && baseScore.length !== classes)
    throw corrupt(id, `base_score has ${baseScore.length} values for ${classes} classes`);
  const { base } = objective;
  if (base && !baseScore.every(base.holds))
    throw corrupt(id, `base_score is ${baseScore.join(', ')}; ${name} wants it ${base.expected}`);

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
