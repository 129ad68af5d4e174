import { planResize } from '../../processors/decoding/geometry.js';
import { modelIdOf, type ModelCard } from '../../models/card.js';
import { view, type Pixels } from './view.js';

/** Returns a photo as an image model gets it in production (uint8 RGB). */
export async function servedView(photo: Pixels, card: ModelCard): Promise<Pixels> {
  const { input } = card;
  if (input.kind !== 'image' && input.kind !== 'scaled-image')
    throw new Error(`${modelIdOf(card)} is not an image model.`);
  if (input.kind === 'image') return { data: await view(photo, input), width: input.size[0], height: input.size[1] };
  const {
    size: [width, height],
  } = planResize(
    { mode: 'multiple', multipleOf: input.multipleOf, longSide: input.longSide },
    photo.width,
    photo.height,
  );
  return {
    data: await view(photo, { size: [width, height], resize: { mode: 'squash', intermediate: [width, height] } }),
    width,
    height,
  };
}
