import { createHash } from 'node:crypto';
import { isExact } from '../schemas/models/reference.js';
import { eventNode } from './pipeline.js';
import type { PlacedPipeline } from './placed-pipeline.js';

/**
 * By name of each node with a cacheable output: the identity of that output. The identity is a digest of the operation
 * and of all operations that lead to it. It determines the output together with the content of the file. So pipelines
 * that apply the same operations to a photo share outputs.
 */
export function reusableNodes(pipeline: PlacedPipeline): ReadonlyMap<string, string> {
  const identities = new Map<string, string>([[eventNode, '']]);
  const reusable = new Map<string, string>();
  for (const { name, operation, from } of pipeline.nodes) {
    const inputs = Object.entries(from).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = JSON.stringify([operation.name, inputs.map(([input, source]) => [input, identities.get(source)])]);
    const identity = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    identities.set(name, identity);
    // An alias can lead to another version later, so outputs behind it have no stable identity.
    if (operation.reusable === true && (operation.models ?? []).every(isExact)) reusable.set(name, identity);
  }
  return reusable;
}

/** Returns the nodes that must run for the result when the outputs in `have` exist already. */
export function neededNodes(
  { nodes, result }: PlacedPipeline,
  have: { has(name: string): boolean },
): ReadonlySet<string> {
  const needed = new Set<string>();
  const read = new Set([result]);
  // Backwards: every reader of a node comes after it.
  for (let at = nodes.length - 1; at >= 0; at -= 1) {
    const node = nodes[at];
    if (!node || !read.has(node.name) || have.has(node.name)) continue;
    needed.add(node.name);
    for (const source of Object.values(node.from)) read.add(source);
  }
  return needed;
}
