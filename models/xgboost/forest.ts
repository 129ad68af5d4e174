import { corrupt, unsupported, type Saved, type Tree } from './format.js';

/**
 * The nodes of all trees, concatenated, without the nodes that XGBoost has deleted. The names are those of XGBoost's
 * dumps. Evaluation goes to `yes` when the feature is smaller than `value`, to `missing` when it is NaN, else to `no`.
 */
export interface Forest {
  /** Index of the feature that the node tests; -1 for a leaf. */
  readonly feature: Int32Array;
  /** Split condition, or the value of a leaf. XGBoost compares and adds in float32. */
  readonly value: Float32Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  readonly missing: Int32Array;
  /** First node of each tree. */
  readonly roots: Int32Array;
  /** The class that each tree votes for. */
  readonly treeClass: Int32Array;
}

/** @throws FanlightError `corrupt-weights` for a malformed tree, `invalid-card` for categorical splits. */
export function plantForest(id: string, { trees, treeClass, treeWeight, classes, features }: Saved): Forest {
  const wrong = treeClass.find((k) => k < 0 || k >= classes);
  if (wrong !== undefined) throw corrupt(id, `tree_info names class ${wrong} of ${classes}`);
  const live = trees.map((tree, t) => liveNodes(id, tree, t, features));
  const size = live.reduce((sum, nodes) => sum + nodes.length, 0);
  const forest: Forest = {
    feature: new Int32Array(size).fill(-1),
    value: new Float32Array(size),
    yes: new Int32Array(size),
    no: new Int32Array(size),
    missing: new Int32Array(size),
    roots: new Int32Array(trees.length),
    treeClass: Int32Array.from(treeClass),
  };
  let first = 0;
  for (const [t, tree] of trees.entries()) {
    const nodes = live[t]!;
    forest.roots[t] = first;
    plantTree(forest, first, { tree, nodes, weight: treeWeight[t]! });
    first += nodes.length;
  }
  return forest;
}

interface Seedling {
  readonly tree: Tree;
  readonly nodes: readonly number[];
  readonly weight: number;
}

function plantTree(forest: Forest, first: number, { tree, nodes, weight }: Seedling): void {
  const place = new Map(nodes.map((node, at) => [node, first + at]));
  for (const [at, node] of nodes.entries()) {
    const n = first + at;
    const condition = tree.split_conditions[node]!;
    if (isLeaf(tree, node)) {
      forest.value[n] = Math.fround(condition) * Math.fround(weight);
      continue;
    }
    forest.feature[n] = tree.split_indices[node]!;
    forest.value[n] = condition;
    forest.yes[n] = place.get(tree.left_children[node]!)!;
    forest.no[n] = place.get(tree.right_children[node]!)!;
    forest.missing[n] = tree.default_left[node] ? forest.yes[n] : forest.no[n];
  }
}

function isLeaf(tree: Tree, node: number): boolean {
  return tree.left_children[node] === -1 && tree.right_children[node] === -1;
}

/** Returns the reachable nodes, the root first. Throws unless all others are marked as deleted. */
function liveNodes(id: string, tree: Tree, t: number, features: number): number[] {
  const { num_nodes: count, num_deleted: deleted } = tree.tree_param;
  const seen = new Set<number>();
  const waiting = [0];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) throw corrupt(id, `node ${node} of tree ${t} has two parents or is part of a cycle`);
    seen.add(node);
    if (isLeaf(tree, node)) continue;
    const children = [tree.left_children[node] ?? -1, tree.right_children[node] ?? -1];
    const feature = tree.split_indices[node]!;
    if (children.some((child) => child < 0 || child >= count)) {
      throw corrupt(
        id,
        `node ${node} of tree ${t} has the children ${children.join(' and ')}, but the tree has ${count} nodes`,
      );
    }
    if (feature < 0 || feature >= features)
      throw corrupt(id, `node ${node} of tree ${t} tests feature ${feature}, but there are only ${features} features`);
    if (tree.split_type?.[node])
      throw unsupported(
        id,
        `node ${node} of tree ${t} is a categorical split`,
        'Train it on numeric columns only, with one column per category.',
      );
    waiting.push(...children.reverse());
  }
  if (seen.size + deleted !== count)
    throw corrupt(id, `tree ${t} has ${count} nodes, of which ${seen.size} are reachable and ${deleted} are deleted`);
  return [...seen];
}

/** Adds the vote of each tree for `row` to the margin of its class. */
export function addVotes(
  { feature, value, yes, no, missing, roots, treeClass }: Forest,
  row: Float32Array,
  margins: Float32Array,
): void {
  for (let t = 0; t < roots.length; t += 1) {
    let node = roots[t]!;
    for (let asked = feature[node]!; asked >= 0; asked = feature[node]!) {
      const x = row[asked]!;
      const split = value[node]!;
      // NaN fails both comparisons
      if (x < split) node = yes[node]!;
      else if (x >= split) node = no[node]!;
      else node = missing[node]!;
    }
    const k = treeClass[t]!;
    margins[k] = margins[k]! + value[node]!;
  }
}
