import type { Pipeline, PipelineNode } from './pipeline.js';
import type { Stage } from './stages.js';

/** A pipeline whose every node has its stage. */
export interface PlacedPipeline {
  readonly id: string;
  readonly result: string;
  /** Nodes in an order in which each comes after its inputs. */
  readonly nodes: readonly PlacedNode[];
  /** Exact versions of all models that take part. */
  readonly models: readonly string[];
}

export interface PlacedNode extends PipelineNode {
  readonly stage: string;
}

/** Expects a checked pipeline: no cycle, no unknown name, every node with a stage. */
export function placePipeline(pipeline: Pipeline, stages: readonly Stage[]): PlacedPipeline {
  const { stageOf } = assignStages(pipeline, stages);
  const nodes = inDependencyOrder(pipeline).map((node) => ({ ...node, stage: stageOf.get(node.name)?.name ?? '' }));
  const models = [...new Set(pipeline.nodes.flatMap((node) => node.operation.models ?? []))].sort();
  return { id: pipeline.id, result: pipeline.result, nodes, models };
}

/**
 * Gives each node the earliest stage that has what the node needs and does not come before the stages of its inputs.
 * Expects a graph without cycles.
 */
export function assignStages(pipeline: Pipeline, stages: readonly Stage[]) {
  const stageOf = new Map<string, Stage>();
  const problems: string[] = [];
  for (const node of inDependencyOrder(pipeline)) {
    const inputs = Object.values(node.from).map((source) => stageOf.get(source));
    const earliest = Math.max(0, ...inputs.map((stage) => (stage ? stages.indexOf(stage) : 0)));
    const stage = stages.find(({ needs }, position) => position >= earliest && needs === node.operation.needs);
    if (stage) stageOf.set(node.name, stage);
    else {
      problems.push(
        `${pipeline.id}: ${node.name} needs ${node.operation.needs}, which no stage from ${stages[earliest]?.name} on offers (stages: ${stages.map(({ name, needs }) => `${name} (${needs})`).join(', ')})`,
      );
    }
  }
  return { stageOf, problems };
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

/** Names of the values that nodes outside `done` still need and that nodes inside it (or `event`) give. */
export function carriedValues(pipeline: PlacedPipeline, done: ReadonlySet<string>): string[] {
  const needed = new Set<string>();
  for (const node of pipeline.nodes) {
    if (done.has(node.stage)) continue;
    for (const source of Object.values(node.from)) {
      const giver = pipeline.nodes.find((candidate) => candidate.name === source);
      if (giver && done.has(giver.stage)) needed.add(source);
    }
  }
  const result = pipeline.nodes.find((node) => node.name === pipeline.result);
  if (result && done.has(result.stage)) needed.add(pipeline.result);
  return [...needed].sort();
}
