import type { ModelCard } from '../models/card.js';
import { specName, type ImageSpec } from '../processors/decoding/geometry.js';
import { FanlightError } from '../schemas/failure.js';
import type { Topology } from './topology.js';

/** A catalogue; models with unreadable cards are known and can not be compared. */
export interface KnownModels {
  readonly models: ReadonlyMap<string, { readonly card: ModelCard }>;
  readonly problems: ReadonlyMap<string, unknown>;
  /** By alias: where it leads to begin with. */
  readonly aliases: ReadonlyMap<string, { readonly to: string }>;
}

/**
 * Compares the pipelines with the models' cards: every model exists, and gets the view that its card asks for. Throws
 * `invalid-configuration` with every problem.
 */
export function checkModels(topology: Topology, { models, problems: unreadable, aliases }: KnownModels): void {
  const problems = [...topology.pipelines.values()].flatMap((pipeline) =>
    pipeline.nodes.flatMap(({ name, operation, from }) => {
      const named = (operation.models ?? []).map((reference) => aliases.get(reference)?.to ?? reference);
      const missing = named.filter((id) => !models.has(id) && !unreadable.has(id));
      if (missing.length > 0) return [`${pipeline.id}: ${name} wants ${missing.join(', ')} (known: ${[...models.keys()].join(', ')})`];
      const view = pipeline.nodes.find((node) => node.name === from['tensor']);
      const wanted = named.map((id) => viewOf(models.get(id)?.card)).find((spec) => spec !== undefined);
      if (!view || !wanted || view.operation.name === `resize:${specName(wanted)}`) return [];
      return [`${pipeline.id}: ${name} wants resize:${specName(wanted)} and gets ${view.operation.name}`];
    }),
  );
  if (problems.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The pipelines do not fit the models: ${problems.join('; ')}.`,
    remedy: 'Correct the pipeline in topology/pipelines/ or the card in models/catalogue/.',
  });
}

function viewOf(card: ModelCard | undefined): ImageSpec | undefined {
  if (card?.input.kind === 'scaled-image') return { mode: 'multiple', multipleOf: card.input.multipleOf, longSide: card.input.longSide };
  if (card?.input.kind !== 'image') return undefined;
  const { size, resize } = card.input;
  return resize.mode === 'crop' ? { size, mode: 'crop', shortSide: resize.shortSide } : { size, mode: 'squash', intermediate: resize.intermediate };
}
