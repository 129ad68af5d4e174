import { createHash } from 'node:crypto';
import { isExact } from '../schemas/model-reference.js';
import { eventNode } from './pipeline.js';
import type { PlacedPipeline } from './placed-pipeline.js';

/**
 * By name of a node whose output may be kept: what that output depends on besides the content of the file, as a
 * digest of its operation and of all that lead to it. Pipelines that do the same thing to a photo share outputs.
 */
export function reusableNodes(pipeline: PlacedPipeline): ReadonlyMap<string, string> {
  const identities = new Map<string, string>([[eventNode, '']]);
  const reusable = new Map<string, string>();
  for (const { name, operation, from } of pipeline.nodes) {
    const inputs = Object.entries(from).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = JSON.stringify([operation.name, inputs.map(([input, source]) => [input, identities.get(source)])]);
    const identity = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    identities.set(name, identity);
    // An alias leads to another version tomorrow.
    if (operation.reusable === true && (operation.models ?? []).every(isExact)) reusable.set(name, identity);
  }
  return reusable;
}

/** Nodes that have to run for the result when the outputs of `have` are there. */
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
