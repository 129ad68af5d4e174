import type { Tensor } from '../../processors/values.js';
import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ModelCard, type ScaledImageInput } from '../card.js';
import type { Inputs } from '../framework.js';

/** Width and height in pixels. */
export type Size = readonly [width: number, height: number];

/** Returns the reason why the input does not fit the card, or null. */
export function refuseImage(card: ModelCard, input: Tensor | undefined): FanlightError | null {
  const given = input ? shown(input) : 'no input named "input"';
  const wanted = wantedOf(card.input);
  if (wanted === given || (card.input.kind === 'scaled-image' && input && fits(card.input, input))) return null;
  return wrongTensor(
    `Model ${modelIdOf(card)} takes ${wanted} but got ${given}.`,
    "Preprocess images to the input spec of the model's card.",
  );
}

/** The wanted input, in the format of `shown` for cards with a fixed size. */
function wantedOf(input: ModelCard['input']): string {
  if (input.kind === 'image') return `uint8 [${input.size[1]},${input.size[0]},3]`;
  return input.kind === 'scaled-image'
    ? `uint8 [H,W,3], H and W multiples of ${input.multipleOf} up to ${input.longSide},`
    : 'no image';
}

function fits(
  { multipleOf, longSide }: ScaledImageInput,
  { dtype, shape: [height = 0, width = 0, channels, ...rest] }: Tensor,
): boolean {
  const isSide = (side: number) => side > 0 && side <= longSide && side % multipleOf === 0;
  return dtype === 'uint8' && channels === 3 && rest.length === 0 && isSide(height) && isSide(width);
}

/** Size of the first image. Throws for a batch of mixed sizes, because the batcher must keep groups apart. */
export function commonSize(id: string, batch: readonly Inputs[]): Size | undefined {
  const [first, ...others] = batch.map(({ input }) => input);
  if (first === undefined) return undefined;
  const odd = others.find((other) => other?.shape.join() !== first.shape.join());
  if (odd)
    throw wrongTensor(
      `Model ${id} takes images of one size per batch, but got ${shown(first)} and ${shown(odd)}.`,
      'Build each batch from one group only (groupOf).',
    );
  const [height = 0, width = 0] = first.shape;
  return [width, height];
}

function shown({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape.join(',')}]`;
}

export function wrongTensor(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'wrong-tensor', message, remedy });
}
