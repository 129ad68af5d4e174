import { eventNode } from './pipeline.js';
import type { PlacedPipeline } from './placed-pipeline.js';
import { neededNodes, reusableNodes } from './reuse.js';

interface Group {
  /** Stages that run in it. */
  readonly members: readonly string[];
}

/** The group that a task of the pipeline goes to when it has these values; undefined when its result is among them. */
export type Route<G extends Group> = (
  pipeline: PlacedPipeline,
  values: { has(name: string): boolean },
) => G | undefined;

/**
 * Sends a task to the first consumer group that has something to do for it. Expects all groups of one lane, in order.
 * First, and not first behind the one that asks: a task that a worker of another version sent too far goes back.
 */
export function createRoute<G extends Group>(groups: readonly G[]): Route<G> {
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
 * Where tasks of a pipeline can go from the group at `position`: to which groups, and whether as results (`finished`).
 * A group is passed over by tasks for which outputs were kept that make its work unnecessary.
 */
export function onwardFrom<G extends Group>(
  pipeline: PlacedPipeline,
  groups: readonly G[],
  position: number,
): { readonly groups: readonly G[]; readonly finished: boolean } {
  const later = groups.slice(position + 1);
  /**
   * The most stages that a task passes which comes to the group at `position` and passes over others; none when there
   * is no such task.
   */
  const wayPast = (passedOver: readonly G[]) => {
    const way = stagesPast(pipeline, passedOver);
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

/**
 * The stages of all nodes that can be needed at the same time while nothing runs in some groups; none when the result
 * needs these.
 */
function stagesPast(pipeline: PlacedPipeline, passedOver: readonly Group[]): ReadonlySet<string> {
  const idle = new Set(passedOver.flatMap(({ members }) => members));
  const given = new Set([eventNode, ...reusableNodes(pipeline).keys()]);
  const runnable = new Set<string>();
  for (const { name, stage, from } of pipeline.nodes) {
    if (!idle.has(stage) && Object.values(from).every((source) => given.has(source) || runnable.has(source)))
      runnable.add(name);
  }
  const needed = neededNodes(pipeline, { has: (name) => !runnable.has(name) });
  return new Set(pipeline.nodes.filter(({ name }) => needed.has(name)).map(({ stage }) => stage));
}
