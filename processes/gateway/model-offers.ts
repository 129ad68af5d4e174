import type { InputOffer, ModelOffer, Side } from '../../gateway/inference/model-offer.js';
import type { ModelCard } from '../../models/card.js';
import type { Catalogue } from '../../models/catalogue.js';
import { describeModel } from '../../models/description.js';
import type { AliasRoutes } from '../../models/alias-route.js';
import { outputName } from '../../schemas/models/reference.js';

/**
 * Models that clients may call directly: every version with something to run, and every alias. The offer of an alias
 * has the inputs and outputs of its version in `routes`. It does not follow an operator who moves the alias later.
 */
export function modelOffers({ models }: Pick<Catalogue, 'models'>, routes: AliasRoutes): ModelOffer[] {
  const exact = [...models.keys()].map((id) => [id, id] as const);
  const aliases = [...routes].map(([alias, { to }]) => [alias, to] as const);
  return [...exact, ...aliases].flatMap(([reference, id]) => {
    const entry = models.get(id);
    const inputs = entry && inputsOf(entry.card, models);
    if (!entry || !inputs || entry.card.framework === 'none') return [];
    const { card, dir } = entry;
    const { labels } = describeModel(card, dir);
    const [name = '', version = ''] = reference.split('@');
    const outputs = card.outputs.map(({ name: output, shape, perLabel }) => ({
      name: output,
      sides: shape.slice(1) as number[],
      ...(perLabel === true ? { labels } : {}),
    }));
    return [{ name, version, framework: card.framework, inputs, outputs, maxItems: card.maxBatch }];
  });
}

/** Returns undefined when the card of a model that provides an input cannot be read. */
function inputsOf({ input }: ModelCard, models: Catalogue['models']): InputOffer[] | undefined {
  if (input.kind !== 'features') return [{ name: 'input', datatype: 'UINT8', sides: sidesOf(input) }];
  const sizes = input.from.flatMap(({ model, outputs }) =>
    outputs.map((output) => ({ name: outputName(model, output), size: sizeOf(models.get(model)?.card, output) })),
  );
  return sizes.every(({ size }) => size !== undefined)
    ? sizes.map(({ name, size = 0 }) => ({ name, datatype: 'FP32', sides: [size] }))
    : undefined;
}

function sidesOf(input: Exclude<ModelCard['input'], { kind: 'features' }>): Side[] {
  if (input.kind === 'image') return [input.size[1], input.size[0], 3];
  const side = { multipleOf: input.kind === 'scaled-image' ? input.multipleOf : 1, longest: input.longSide };
  return [side, side, 3];
}

/** Number of values in an output of one item. Models over features take each output as one row. */
function sizeOf(card: ModelCard | undefined, name: string): number | undefined {
  const output = card?.outputs.find((each) => each.name === name);
  return output && (output.shape.slice(1) as number[]).reduce((product, side) => product * side, 1);
}
