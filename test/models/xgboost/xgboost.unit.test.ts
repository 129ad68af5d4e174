import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCard, parseCard } from '../../../models/card.js';
import { loadModel } from '../../../models/frameworks.js';
import { openBooster } from '../../../models/xgboost/booster.js';
import { largestDifference } from '../difference.js';
import { toyInputs, toyPredictions } from './toy.js';

const folder = import.meta.dirname;
const options = { threads: 1, device: 'cpu' } as const;

describe('an XGBoost model agrees with the predictions of XGBoost on every row', () => {
  test.each([
    ['multi:softprob, 7 classes, base_score an array', 'multi'],
    ['multi:softmax, several trees per round', 'softmax'],
    ['binary:logistic, base_score a probability', 'binary'],
    ['reg:squarederror, pruned trees', 'regression'],
    ['dart, with dropped trees', 'dart'],
    ['multi:softprob of XGBoost 1.7, base_score a plain number', 'old-multi'],
    ['binary:logistic of XGBoost 1.7, base_score a plain number', 'old-binary'],
  ])('%s', async (_what, name) => {
    const dir = `${folder}/${name}`;
    const card = loadCard(dir);
    const expected = toyPredictions(name, card.outputs[0]!.shape[1]!);
    const { prediction } = await (await loadModel(card, dir, options)).run(toyInputs);
    expect(expected).toHaveLength(1000);
    expect(largestDifference(prediction ?? [], expected)).toBeLessThan(1e-6);
  });
});

/** Feature 0 below 0.5 (or missing) gives 1; else feature 1 below 0.7 gives 2, and else (or missing) gives 4. */
function small() {
  const tree = {
    tree_param: { num_nodes: '7', num_deleted: '2', num_feature: '2', size_leaf_vector: '1' },
    left_children: [1, -1, 5, -1, -1, -1, -1],
    right_children: [2, -1, 6, -1, -1, -1, -1],
    default_left: [1, 0, 0, 0, 0, 0, 0],
    split_indices: [0, 0, 1, 2147483647, 2147483647, 0, 0],
    split_conditions: [0.5, 1, 0.7, 0, 0, 2, 4],
    split_type: [0, 0, 0, 0, 0, 0, 0],
  };
  return {
    learner: {
      objective: { name: 'reg:squarederror' },
      learner_model_param: { base_score: '[1E1]', num_class: '0', num_feature: '2', num_target: '1' },
      gradient_booster: {
        name: 'gbtree',
        model: { gbtree_model_param: { num_trees: '1' }, tree_info: [0], trees: [tree] },
      },
    },
    version: [3, 2, 0],
  };
}
type Small = ReturnType<typeof small>;

function changed(
  change: (model: Small, tree: Small['learner']['gradient_booster']['model']['trees'][number]) => void,
): Small {
  const model = small();
  change(model, model.learner.gradient_booster.model.trees[0]!);
  return model;
}

test.each([
  ['smaller goes left', [0.4, 0], 11],
  ['equal goes right', [0.5, 0], 12],
  ['0.7 as float32 is smaller than 0.7, but not than 0.7 as float32', [1, 0.7], 14],
  ['the previous float32 goes left', [1, Math.fround(0.7) - 2 ** -24], 12],
  ['missing goes left by default', [NaN, 0], 11],
  ['missing goes right by default', [1, NaN], 14],
  ['infinite is not missing', [Infinity, -Infinity], 12],
])('an XGBoost split: %s', (_name, row, expected) => {
  expect([...openBooster('toy@1', small()).predict(Float32Array.from(row))]).toEqual([expected]);
});

test('an XGBoost model adds in float32, like XGBoost', () => {
  const model = changed((m, tree) => {
    m.learner.learner_model_param.base_score = '[1.6777216E7]';
    Object.assign(m.learner.gradient_booster.model, {
      gbtree_model_param: { num_trees: '2' },
      tree_info: [0, 0],
      trees: [tree, tree],
    });
  });
  expect([...openBooster('toy@1', model).predict(Float32Array.of(0, 0))]).toEqual([2 ** 24]);
});

test('openBooster reads models of early versions, with booleans and without split types', () => {
  const model = changed((_, tree) =>
    Object.assign(tree, { default_left: [true, false, false, false, false, false, false], split_type: undefined }),
  );
  expect([...openBooster('toy@1', model).predict(Float32Array.of(NaN, 0))]).toEqual([11]);
});

const saved = 'they are not a model that XGBoost saved as JSON';
const tree0 = 'learner.gradient_booster.model.trees.0';
test.each<[string, Small | unknown, string]>([
  ['no model', { version: [3, 2, 0] }, `${saved}: learner: Invalid input: expected object, received undefined`],
  [
    'a missing child',
    changed((_, t) => {
      t.left_children[2] = 7;
    }),
    'node 2 of tree 0 has the children 7 and 6, but the tree has 7 nodes',
  ],
  [
    'a node with one child',
    changed((_, t) => {
      t.right_children[2] = -1;
    }),
    'node 2 of tree 0 has the children 5 and -1, but the tree has 7 nodes',
  ],
  [
    'a cycle',
    changed((_, t) => {
      t.left_children[2] = 0;
    }),
    'node 0 of tree 0 has two parents or is part of a cycle',
  ],
  [
    'a node with two parents',
    changed((_, t) => {
      t.left_children[2] = 1;
    }),
    'node 1 of tree 0 has two parents or is part of a cycle',
  ],
  [
    'a missing branch',
    changed((_, t) => {
      t.left_children[2] = t.right_children[2] = -1;
    }),
    'tree 0 has 7 nodes, of which 3 are reachable and 2 are deleted',
  ],
  [
    'a truncated array',
    changed((_, t) => {
      t.split_conditions.pop();
    }),
    `${saved}: ${tree0}.split_conditions: expected 7 values, one per node, but found 6`,
  ],
  [
    'many problems at once',
    changed((_, t) => {
      for (const list of [t.left_children, t.right_children, t.split_indices, t.split_type]) list.pop();
    }),
    `${saved}: ${tree0}.left_children: expected 7 values, one per node, but found 6; ${tree0}.right_children: expected 7 values, one per node, but found 6; ${tree0}.split_indices: expected 7 values, one per node, but found 6; and 1 more`,
  ],
  [
    'missing trees',
    changed((m) => {
      m.learner.gradient_booster.model.trees.pop();
    }),
    `${saved}: learner.gradient_booster.model.trees: expected as many trees, and as many entries of tree_info, as num_trees says`,
  ],
  [
    'an unknown feature',
    changed((_, t) => {
      t.split_indices[2] = 2;
    }),
    'node 2 of tree 0 tests feature 2, but there are only 2 features',
  ],
  [
    'an unknown class',
    changed((m) => {
      m.learner.gradient_booster.model.tree_info[0] = 1;
    }),
    'tree_info names class 1 of 1',
  ],
  [
    'a base_score that is not a number',
    changed((m) => {
      m.learner.learner_model_param.base_score = 'half';
    }),
    `${saved}: learner.learner_model_param.base_score: expected a number or an array as text, but found "half"`,
  ],
  [
    'a base_score of other classes',
    changed((m) => {
      m.learner.learner_model_param.base_score = '[1,2]';
    }),
    'base_score has 2 values for 1 classes',
  ],
  [
    'a base_score that is not a probability',
    changed((m) => {
      m.learner.objective.name = 'binary:logistic';
    }),
    'base_score is 10, but binary:logistic needs it between 0 and 1',
  ],
  [
    'classes without a softmax',
    changed((m) => {
      m.learner.learner_model_param.num_class = '3';
    }),
    'its objective reg:squarederror has one class, but num_class is 3',
  ],
])('openBooster rejects corrupt weights: %s', (_name, json, problem) => {
  expect(() => openBooster('toy@1', json)).toThrow(
    expect.objectContaining({ code: 'corrupt-weights', message: `The weights of toy@1 cannot be used: ${problem}.` }),
  );
});

test.each<[string, unknown, string]>([
  [
    'objective',
    changed((m) => {
      m.learner.objective.name = 'rank:ndcg';
    }),
    'its objective is "rank:ndcg"',
  ],
  [
    'booster',
    changed((m) => {
      m.learner.gradient_booster = { name: 'gblinear', model: {} } as never;
    }),
    'its booster is "gblinear"',
  ],
  [
    'categorical split',
    changed((_, t) => {
      t.split_type[2] = 1;
    }),
    'node 2 of tree 0 is a categorical split',
  ],
  [
    'several targets',
    changed((m) => {
      m.learner.learner_model_param.num_target = '2';
    }),
    'its leaves are vectors',
  ],
  [
    'vectors in leaves',
    changed((_, t) => {
      t.tree_param.size_leaf_vector = '3';
    }),
    'its leaves are vectors',
  ],
])('openBooster rejects an unsupported model: %s', (_name, json, problem) => {
  expect(() => openBooster('toy@1', json)).toThrow(
    expect.objectContaining({
      code: 'invalid-card',
      message: `Model toy@1 cannot be loaded: ${problem}, which Fanlight does not support.`,
    }),
  );
});

describe('rejects a card that does not match the weights', () => {
  const dir = `${folder}/multi`;
  const card = loadCard(dir);
  const { columns, ...input } = card.input.kind === 'features' ? card.input : (undefined as never);
  test.each([
    ['no columns', { ...card, input }, 'its card does not list the columns of its inputs (input.columns)'],
    [
      'other columns',
      { ...card, input: { ...input, columns: columns!.map((c) => ({ ...c, size: 5 })) } },
      'its card has 10 columns, but its weights need 14',
    ],
    [
      'another output',
      { ...card, outputs: [{ ...card.outputs[0]!, shape: ['N', 3] as ['N', number] }] },
      'its weights (multi:softprob) give one output [N,7], but its card names prediction [N,3]',
    ],
    [
      'two outputs',
      { ...card, outputs: [card.outputs[0]!, card.outputs[0]!] },
      'its weights (multi:softprob) give one output [N,7], but its card names prediction [N,7], prediction [N,7]',
    ],
  ])('%s', async (_name, wrong, problem) => {
    await expect(loadModel(wrong, dir, options)).rejects.toMatchObject({
      code: 'invalid-card',
      message: `Model multi@1 cannot be loaded: ${problem}.`,
    });
  });

  test('columns in a different order than the outputs', () => {
    expect(() =>
      parseCard({ ...card, input: { ...card.input, columns: columns!.toReversed() } }, 'x/card.json'),
    ).toThrow('Model card x/card.json: input.columns: expected columns for each output of `from`, in the same order.');
  });
});

describe('XGBoost weights with a matching sha256', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'xgboost-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('are rejected as invalid JSON when they are truncated', async () => {
    const text = readFileSync(`${folder}/binary/weights.json`, 'utf8').slice(0, 9000);
    writeFileSync(`${dir}/weights.json`, text);
    const card = loadCard(`${folder}/binary`);
    const weights = {
      file: 'weights.json',
      sha256: createHash('sha256').update(text).digest('hex'),
      bytes: text.length,
    };
    await expect(loadModel({ ...card, weights }, dir, options)).rejects.toMatchObject({
      code: 'corrupt-weights',
      message: expect.stringMatching(/^The weights of binary@1 in .* cannot be read as JSON \(SyntaxError: .*\)\.$/),
    });
  });
});
