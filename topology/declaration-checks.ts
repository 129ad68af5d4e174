import { FanlightError } from '../schemas/failure.js';
import { eventNode, type Pipeline } from './pipeline.js';
import { assignStages } from './placed-pipeline.js';
import type { TopologyDeclaration } from './declaration.js';

/** Throws `invalid-configuration` that lists every problem of the declaration. */
export function findProblems(declaration: TopologyDeclaration): void {
  const problems = [
    ...declaration.pipelines.flatMap((pipeline) => pipelineProblems(pipeline, declaration)),
    ...duplicates(declaration.pipelines.map(({ id }) => id)).map((id) => `pipeline ${id} is declared twice`),
    ...stageProblems(declaration),
    ...placementProblems(declaration),
    ...dedicatedProblems(declaration),
  ];
  if (!declaration.pipelines.some(({ id }) => id === declaration.defaultPipeline)) {
    problems.push(
      `the default pipeline ${declaration.defaultPipeline} is not declared (known: ${declaration.pipelines.map(({ id }) => id).join(', ')})`,
    );
  }
  if (problems.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The topology cannot run: ${problems.join('; ')}.`,
    remedy: 'Correct the declarations in topology/.',
  });
}

function pipelineProblems(pipeline: Pipeline, { stages }: TopologyDeclaration): string[] {
  const known = [eventNode, ...pipeline.nodes.map(({ name }) => name)];
  const problems = pipeline.nodes.flatMap((node) =>
    Object.entries(node.from)
      .filter(([, source]) => !known.includes(source))
      .map(
        ([input, source]) =>
          `${pipeline.id}: ${node.name}.${input} reads from ${source}, which is not a node (known: ${known.join(', ')})`,
      ),
  );
  if (!/^[a-z][a-z0-9-]*@[1-9][0-9]*$/.test(pipeline.id))
    problems.push(`${pipeline.id}: a pipeline id is name@version`);
  if (!known.includes(pipeline.result)) problems.push(`${pipeline.id}: the result ${pipeline.result} is not a node`);
  const cycle = findCycle(pipeline);
  if (cycle) problems.push(`${pipeline.id}: cycle ${cycle.join(' → ')}`);
  else problems.push(...assignStages(pipeline, stages).problems);
  return problems;
}

/** Returns the names along one cycle; the last equals the first. */
function findCycle(pipeline: Pipeline): string[] | undefined {
  const byName = new Map(pipeline.nodes.map((node) => [node.name, node]));
  const finished = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (finished.has(name)) return undefined;
    for (const source of Object.values(byName.get(name)?.from ?? {})) {
      const cycle = visit(source, [...path, name]);
      if (cycle) return cycle;
    }
    finished.add(name);
    return undefined;
  };
  for (const { name } of pipeline.nodes) {
    const cycle = visit(name, []);
    if (cycle) return cycle.reverse();
  }
  return undefined;
}

function stageProblems({ stages }: TopologyDeclaration): string[] {
  const order = stages.map(({ name }) => name);
  return stages.flatMap(({ name, leadsTo }, position) =>
    leadsTo === undefined || order.indexOf(leadsTo) > position
      ? []
      : [`stage ${name} leads to ${leadsTo}, which is not a later stage (order: ${order.join(', ')})`],
  );
}

function placementProblems({ lanes, stages, placement }: TopologyDeclaration): string[] {
  const order = stages.map(({ name }) => name);
  return lanes.flatMap((lane) =>
    placement.fused[lane.name].flatMap((fused) => {
      const positions = fused.map((name) => order.indexOf(name));
      const unknown = fused.filter((name) => !order.includes(name));
      if (unknown.length > 0)
        return [`lane ${lane.name} fuses ${unknown.join(', ')}, which is not a stage (known: ${order.join(', ')})`];
      const neighbours = positions.every((at, index) => index === 0 || at === (positions[index - 1] ?? 0) + 1);
      return neighbours
        ? []
        : [`lane ${lane.name} fuses ${fused.join('+')}, which are not neighbours (order: ${order.join(', ')})`];
    }),
  );
}

function dedicatedProblems({ dedicated = [], pipelines }: TopologyDeclaration): string[] {
  const known = [
    ...new Set(pipelines.flatMap(({ nodes }) => nodes.flatMap(({ operation }) => operation.models ?? []))),
  ].sort();
  const unused = dedicated.flatMap(({ of }) =>
    'model' in of && !known.includes(of.model)
      ? [`no pipeline runs ${of.model}, which has a dedicated queue (known: ${known.join(', ')})`]
      : [],
  );
  return [
    ...unused,
    ...duplicates(dedicated.map(({ name, lane }) => `${name} in ${lane}`)).map(
      (queue) => `there are two dedicated queues ${queue}`,
    ),
  ];
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
