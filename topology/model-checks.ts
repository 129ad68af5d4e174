import { featureNames, type ModelCard } from '../models/card.js';
import { versionsOf, type AliasRoutes } from '../models/alias-route.js';
import { specName, type ImageSpec } from '../processors/decoding/geometry.js';
import { FanlightError } from '../schemas/failure.js';
import type { PlacedNode, PlacedPipeline } from './placed-pipeline.js';
import type { Topology } from './topology.js';

/** A model catalogue. Models with unreadable cards are known, but are not compared with the pipelines. */
export interface KnownModels {
  readonly models: ReadonlyMap<string, { readonly card: ModelCard }>;
  readonly problems: ReadonlyMap<string, unknown>;
  /** Routes of the aliases before any operator command. */
  readonly aliases: AliasRoutes;
}

/**
 * Compares the pipelines with the models' cards. Every model must exist, and must get the view or the outputs of other
 * models that its card requires. Throws `invalid-configuration` that lists every problem.
 */
export function checkModels(topology: Topology, known: KnownModels): void {
  const { models, problems: unreadable, aliases } = known;
  const problems = [...topology.pipelines.values()].flatMap((pipeline) =>
    pipeline.nodes.flatMap((node) => {
      const versions = (node.operation.models ?? []).flatMap((reference) => {
        const route = aliases.get(reference);
        return route ? versionsOf(route) : [reference];
      });
      const missing = versions.filter((id) => !models.has(id) && !unreadable.has(id));
      if (missing.length > 0)
        return [`${pipeline.id}: ${node.name} wants ${missing.join(', ')} (known: ${[...models.keys()].join(', ')})`];
      return [
        ...wrongGivers(pipeline, node),
        ...versions.flatMap((id) => feedingProblems(pipeline, node, models.get(id)?.card, id)),
      ];
    }),
  );
  if (problems.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The pipelines do not fit the models: ${problems.join('; ')}.`,
    remedy: 'Correct the pipeline in topology/pipelines/ or the card in models/catalogue/.',
  });
}

/** Lists why pipelines that name the alias cannot feed the version; empty if all can. */
export function problemsBehind(
  alias: string,
  version: string,
  topology: Topology,
  models: KnownModels['models'],
): string[] {
  return [...topology.pipelines.values()].flatMap((pipeline) =>
    pipeline.nodes
      .filter(({ operation }) => operation.models?.includes(alias))
      .flatMap((node) => feedingProblems(pipeline, node, models.get(version)?.card, version)),
  );
}

/** Lists the inputs that receive the outputs of a wrong model. */
function wrongGivers(pipeline: PlacedPipeline, node: PlacedNode): string[] {
  return Object.entries(node.operation.takes ?? {})
    .filter(([input, model]) => !givenTo(pipeline, node, input).some((name) => name.startsWith(`${model}/`)))
    .map(
      ([input, model]) =>
        `${pipeline.id}: ${node.name} takes outputs of ${model} as ${input} and gets ${giverOf(pipeline, node, input)?.operation.name ?? 'nothing'}`,
    );
}

function feedingProblems(
  pipeline: PlacedPipeline,
  node: PlacedNode,
  card: ModelCard | undefined,
  id: string,
): string[] {
  if (!card || !node.operation.runs) return [];
  const offered = Object.keys(node.operation.takes ?? {}).flatMap((input) => givenTo(pipeline, node, input));
  const wanting = (what: string) => [
    `${pipeline.id}: ${node.name} runs ${id}, which takes ${what}, and offers ${offered.join(', ') || 'nothing'}`,
  ];
  if (card.input.kind === 'features') {
    const missing = featureNames(card.input).filter((name) => !offered.includes(name));
    return missing.length === 0 ? [] : wanting(missing.join(', '));
  }
  if (offered.length > 0) return wanting('an image');
  const wanted = viewOf(card);
  const giver = wanted && giverOf(pipeline, node, wanted.input);
  if (!giver || giver.operation.name === wanted.operation || giver.operation.name.startsWith(`${wanted.operation}:`))
    return [];
  return [`${pipeline.id}: ${node.name} wants ${wanted.operation} and gets ${giver.operation.name}`];
}

function givenTo(pipeline: PlacedPipeline, node: PlacedNode, input: string): readonly string[] {
  return giverOf(pipeline, node, input)?.operation.gives ?? [];
}

function giverOf(pipeline: PlacedPipeline, { from }: PlacedNode, input: string): PlacedNode | undefined {
  return pipeline.nodes.find(({ name }) => name === from[input]);
}

/** View that the card of an image model requires: the operation that makes it, and the input that receives it. */
function viewOf(card: ModelCard): { readonly input: string; readonly operation: string } | undefined {
  if (card.input.kind === 'image' && card.input.resize.mode === 'pieces') {
    return { input: 'lines', operation: `${card.input.resize.by}:${card.input.size.join('x')}` };
  }
  const spec = specOf(card);
  return spec && { input: 'tensor', operation: `resize:${specName(spec)}` };
}

function specOf(card: ModelCard): ImageSpec | undefined {
  if (card.input.kind === 'scaled-image')
    return { mode: 'multiple', multipleOf: card.input.multipleOf, longSide: card.input.longSide };
  if (card.input.kind !== 'image' || card.input.resize.mode === 'pieces') return undefined;
  const { size, resize } = card.input;
  return resize.mode === 'crop'
    ? { size, mode: 'crop', shortSide: resize.shortSide }
    : { size, mode: 'squash', intermediate: resize.intermediate };
}
