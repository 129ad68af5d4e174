import type { Need } from '../processors/operation.js';
import { eventNode, type Pipeline, type PipelineNode } from './pipeline.js';
import type { Stage } from './stages.js';

/** A pipeline in which every node has a stage. */
export interface PlacedPipeline {
  readonly id: string;
  readonly result: string;
  /** Nodes in topological order: each comes after its inputs. */
  readonly nodes: readonly PlacedNode[];
  /** All models that the operations name: exact versions and aliases. */
  readonly models: readonly string[];
}

export interface PlacedNode extends PipelineNode {
  readonly stage: string;
}

/** Expects a checked pipeline: no cycle, no unknown name, a stage for every node. */
export function placePipeline(pipeline: Pipeline, stages: readonly Stage[]): PlacedPipeline {
  const { stageOf } = assignStages(pipeline, stages);
  const nodes = inDependencyOrder(pipeline).map((node) => ({ ...node, stage: stageOf.get(node.name)?.name ?? '' }));
  const models = [...new Set(pipeline.nodes.flatMap((node) => node.operation.models ?? []))].sort();
  return { id: pipeline.id, result: pipeline.result, nodes, models };
}

/**
 * Assigns to each node the earliest stage that fits. The stage offers what the node needs, is not before the stages of
 * its inputs, and leads to the work behind the node. Expects a graph without cycles.
 */
export function assignStages(pipeline: Pipeline, stages: readonly Stage[]) {
  const stageOf = new Map<string, Stage>();
  const problems: string[] = [];
  const ordered = inDependencyOrder(pipeline);
  const later = needsBehind(ordered);
  const takes = ({ needs, leadsTo }: Stage, { name, operation }: PipelineNode) =>
    needs === operation.needs &&
    (leadsTo === undefined || stages.some((stage) => stage.name === leadsTo && later.get(name)?.has(stage.needs)));
  for (const node of ordered) {
    const inputs = Object.values(node.from).map((source) => stageOf.get(source));
    const earliest = Math.max(0, ...inputs.map((stage) => (stage ? stages.indexOf(stage) : 0)));
    const stage = stages.find((candidate, position) => position >= earliest && takes(candidate, node));
    if (stage) stageOf.set(node.name, stage);
    else {
      problems.push(
        `${pipeline.id}: ${node.name} needs ${node.operation.needs}, which no stage from ${stages[earliest]?.name} on offers (stages: ${stages.map(({ name, needs }) => `${name} (${needs})`).join(', ')})`,
      );
    }
  }
  return { stageOf, problems };
}

/** By node name: the needs of all nodes that depend on its output, directly or indirectly. */
function needsBehind(ordered: readonly PipelineNode[]): ReadonlyMap<string, ReadonlySet<Need>> {
  const behind = new Map(ordered.map(({ name }) => [name, new Set<Need>()]));
  for (const { name, operation, from } of [...ordered].reverse()) {
    for (const source of Object.values(from))
      [operation.needs, ...(behind.get(name) ?? [])].forEach((need) => behind.get(source)?.add(need));
  }
  return behind;
}

export function inDependencyOrder(pipeline: Pipeline): PipelineNode[] {
  const byName = new Map(pipeline.nodes.map((node) => [node.name, node]));
  const ordered = new Map<string, PipelineNode>();
  const visit = (node: PipelineNode) => {
    if (ordered.has(node.name)) return;
    for (const source of Object.values(node.from)) {
      const before = byName.get(source);
      if (before) visit(before);
    }
    ordered.set(node.name, node);
  };
  pipeline.nodes.forEach(visit);
  return [...ordered.values()];
}

/** Names of the values that a task carries to its `needed` nodes: their inputs, or the result if no node is needed. */
export function carriedValues(pipeline: PlacedPipeline, needed: ReadonlySet<string>): ReadonlySet<string> {
  if (needed.size === 0) return new Set([pipeline.result]);
  const read = pipeline.nodes.filter(({ name }) => needed.has(name)).flatMap(({ from }) => Object.values(from));
  return new Set(read.filter((name) => name !== eventNode && !needed.has(name)));
}
