import { z } from 'zod';
import { FanlightError } from '../../schemas/failure.js';

/**
 * The fields that Fanlight reads from a model that XGBoost wrote by `save_model('x.json')`, versions 1 to 3. XGBoost
 * writes its parameters as text and adds fields with every version. Fields that are not listed here do not change a
 * prediction.
 */

const count = z.string().regex(/^\d+$/, 'expected a whole number as text').transform(Number);

const tree = z
  .object({
    tree_param: z.object({ num_nodes: count, num_deleted: count, size_leaf_vector: count.default(1) }),
    /** A node with -1 in both is a leaf. */
    left_children: z.array(z.int()).min(1),
    right_children: z.array(z.int()),
    /** True or 1: a missing value goes left. Early versions wrote booleans. */
    default_left: z.array(z.union([z.boolean(), z.literal([0, 1])])),
    split_indices: z.array(z.int()),
    /** Evaluation goes left when the feature is smaller than this. In a leaf: its value. */
    split_conditions: z.array(z.number()),
    /** 0 numeric, 1 categorical; missing before version 1.3. */
    split_type: z.array(z.int()).optional(),
  })
  .superRefine((t, context) => {
    const nodes = t.tree_param.num_nodes;
    for (const name of [
      'left_children',
      'right_children',
      'default_left',
      'split_indices',
      'split_conditions',
      'split_type',
    ] as const) {
      const length = t[name]?.length ?? nodes;
      if (length !== nodes)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `expected ${nodes} values, one per node, but found ${length}`,
        });
    }
  });

export type Tree = z.infer<typeof tree>;

const trees = z
  .object({
    gbtree_model_param: z.object({ num_trees: count }),
    trees: z.array(tree),
    /** The class that each tree votes for. */
    tree_info: z.array(z.int()),
  })
  .refine((m) => m.trees.length === m.gbtree_model_param.num_trees && m.tree_info.length === m.trees.length, {
    path: ['trees'],
    message: 'expected as many trees, and as many entries of tree_info, as num_trees says',
  });

/** One number or, since version 3.1, an array with one number per class. */
const baseScore = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({
        code: 'custom',
        message: `expected a number or an array as text, but found ${JSON.stringify(text)}`,
      });
      return z.NEVER;
    }
  })
  .pipe(z.union([z.number().transform((one) => [one]), z.array(z.number()).min(1)]));

/** The fields that identify the kind of model. */
const kind = z.object({
  learner: z.object({ objective: z.object({ name: z.string() }), gradient_booster: z.object({ name: z.string() }) }),
});

const learner = z.object({
  learner_model_param: z.object({
    base_score: baseScore,
    num_class: count,
    num_feature: count,
    num_target: count.default(1),
  }),
});
const gbtree = z.object({ learner: learner.extend({ gradient_booster: z.object({ model: trees }) }) });
const dart = z.object({
  learner: learner.extend({
    gradient_booster: z
      .object({ gbtree: z.object({ model: trees }), weight_drop: z.array(z.number()) })
      .refine((b) => b.weight_drop.length === b.gbtree.model.trees.length, {
        path: ['weight_drop'],
        message: 'expected one weight per tree',
      }),
  }),
});

export interface Saved {
  readonly objective: string;
  readonly baseScore: readonly number[];
  readonly classes: number;
  readonly features: number;
  readonly trees: readonly Tree[];
  readonly treeClass: readonly number[];
  /** Factor for the leaves of each tree; 1 except for dart. */
  readonly treeWeight: readonly number[];
}

/**
 * Parses a saved model.
 * @param id for error messages only.
 * @throws FanlightError `corrupt-weights` for content that XGBoost does not write, `invalid-card` for an unsupported
 * booster.
 */
export function parseSaved(id: string, json: unknown): Saved {
  const { objective, gradient_booster: booster } = checked(id, kind, json).learner;
  if (booster.name === 'dart') {
    const { learner_model_param: param, gradient_booster: drop } = checked(id, dart, json).learner;
    return saved(id, objective.name, { param, model: drop.gbtree.model, treeWeight: drop.weight_drop });
  }
  if (booster.name !== 'gbtree')
    throw unsupported(id, `its booster is "${booster.name}"`, 'Train it with the booster gbtree or dart.');
  const { learner_model_param: param, gradient_booster: all } = checked(id, gbtree, json).learner;
  return saved(id, objective.name, { param, model: all.model, treeWeight: all.model.trees.map(() => 1) });
}

interface Learned {
  readonly param: z.infer<typeof learner>['learner_model_param'];
  readonly model: z.infer<typeof trees>;
  readonly treeWeight: readonly number[];
}

function saved(id: string, objective: string, { param, model, treeWeight }: Learned): Saved {
  if (param.num_target > 1 || model.trees.some((t) => t.tree_param.size_leaf_vector > 1)) {
    throw unsupported(
      id,
      'its leaves are vectors',
      'Train it with one target and multi_strategy "one_output_per_tree".',
    );
  }
  return {
    objective,
    baseScore: param.base_score,
    classes: Math.max(1, param.num_class),
    features: param.num_feature,
    trees: model.trees,
    treeClass: model.tree_info,
    treeWeight,
  };
}

function checked<T>(id: string, schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
  throw corrupt(
    id,
    `they are not a model that XGBoost saved as JSON: ${problems.slice(0, 3).join('; ')}${more}`,
    parsed.error,
  );
}

export function corrupt(id: string, problem: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'corrupt-weights',
    message: `The weights of ${id} cannot be used: ${problem}.`,
    remedy: "Generate them again with XGBoost's save_model('weights.json').",
    cause,
  });
}

/** The error for weights that are valid, but use a feature that this framework does not support. */
export function unsupported(id: string, problem: string, remedy: string): FanlightError {
  return new FanlightError({
    code: 'invalid-card',
    message: `Model ${id} cannot be loaded: ${problem}, which Fanlight does not support.`,
    remedy,
  });
}
