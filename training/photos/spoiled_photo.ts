import sharp, { type Sharp } from 'sharp';
import type { RgbImage } from '../../processors/image-quality.js';

/** Degradations that the quality measures should detect; radii are in pixels of the given image. */
const spoilings = {
  clean: (image: Sharp) => image,
  'light x 0.5': (image: Sharp) => image.linear(0.5, 0),
  'light x 0.3': (image: Sharp) => image.linear(0.3, 0),
  'light x 0.2': (image: Sharp) => image.linear(0.2, 0),
  'blur 1 px': (image: Sharp) => image.blur(1),
  'blur 2 px': (image: Sharp) => image.blur(2),
  'blur 3 px': (image: Sharp) => image.blur(3),
  'blur 5 px': (image: Sharp) => image.blur(5),
} as const;

export type Spoiling = keyof typeof spoilings;

export const spoilingNames = Object.keys(spoilings) as readonly Spoiling[];

export async function spoil(image: RgbImage, how: Spoiling): Promise<RgbImage> {
  const raw = sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } });
  return { ...image, data: await spoilings[how](raw).raw().toBuffer() };
}
