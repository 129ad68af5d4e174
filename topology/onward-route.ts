import { eventNode } from './pipeline.js';
import type { PlacedPipeline } from './placed-pipeline.js';
import { neededNodes, reusableNodes } from './reuse.js';

interface Group {
  /** Stages that run in the group. */
  readonly members: readonly string[];
}

/** Returns the next group of a task with these values; undefined when the result of the pipeline is among them. */
export type OnwardRoute<G extends Group> = (
  pipeline: PlacedPipeline,
  values: { has(name: string): boolean },
) => G | undefined;

/**
 * Creates a route that sends a task to the first group with work for it. Expects all groups of one lane, in order. The
 * search starts at the first group, not behind the current one. So a task goes back when a worker of another version
 * sent it too far.
 */
export function createOnwardRoute<G extends Group>(groups: readonly G[]): OnwardRoute<G> {
  const positions = new Map(groups.flatMap(({ members }, position) => members.map((stage) => [stage, position])));
  return function route(pipeline, values) {
    const needed = neededNodes(pipeline, values);
    let first = Infinity;
    for (const { name, stage } of pipeline.nodes) {
      if (needed.has(name)) first = Math.min(first, positions.get(stage) ?? Infinity);
    }
    return groups[first];
  };
}

/**
 * Returns the groups that tasks of a pipeline can go to from the group at `position`. `finished`: some tasks leave the
 * group as results. A task skips a group when cached outputs make the group's work unnecessary.
 */
export function onwardFrom<G extends Group>(
  pipeline: PlacedPipeline,
  groups: readonly G[],
  position: number,
): { readonly groups: readonly G[]; readonly finished: boolean } {
  const later = groups.slice(position + 1);
  /**
   * Stages that a task can pass if it visits the group at `position` and skips the `skipped` groups. Empty if no such
   * task exists.
   */
  const wayPast = (skipped: readonly G[]) => {
    const way = stagesPast(pipeline, skipped);
    return position === 0 || groups[position]?.members.some((stage) => way.has(stage)) ? way : new Set<string>();
  };
  return {
    groups: later.filter((group, index) => {
      const way = wayPast(later.slice(0, index));
      return group.members.some((stage) => way.has(stage));
    }),
    finished: wayPast(later).size > 0,
  };
}

/** Returns the stages that a task can need while it skips some groups. Empty if the result needs the skipped groups. */
function stagesPast(pipeline: PlacedPipeline, skipped: readonly Group[]): ReadonlySet<string> {
  const idle = new Set(skipped.flatMap(({ members }) => members));
  const given = new Set([eventNode, ...reusableNodes(pipeline).keys()]);
  const runnable = new Set<string>();
  for (const { name, stage, from } of pipeline.nodes) {
    if (!idle.has(stage) && Object.values(from).every((source) => given.has(source) || runnable.has(source)))
      runnable.add(name);
  }
  const needed = neededNodes(pipeline, { has: (name) => !runnable.has(name) });
  return new Set(pipeline.nodes.filter(({ name }) => needed.has(name)).map(({ stage }) => stage));
}
