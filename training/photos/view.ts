import sharp, { type Sharp } from 'sharp';
import type { ImageInput } from '../../models/card.js';

// Photos as the models get them, with the geometry of production. Training and evaluation read photos only here.

export interface Pixels {
  /** RGB, height x width x 3. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Returns the photo upright, in sRGB, on white instead of transparency. */
function upright(file: string | Buffer): Sharp {
  return sharp(file).rotate().flatten({ background: '#ffffff' }).toColourspace('srgb');
}

/** Decodes a photo, so that several views can share the pixels. */
export async function decode(file: string | Buffer): Promise<Pixels> {
  const { data, info } = await upright(file).raw().toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { data, width: info.width, height: info.height };
  throw new Error(`${info.channels} channels after conversion to sRGB, 3 expected`);
}

function reopen(image: Pixels): Sharp {
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } });
}

/** The fields of a card that define size and crop. */
type Cut = Pick<ImageInput, 'size' | 'resize'>;

/** Returns width and height before the centre crop. */
export function intermediateSize(image: Pick<Pixels, 'width' | 'height'>, input: Cut): readonly [number, number] {
  if (input.resize.mode === 'pieces')
    throw new Error(`the model needs pieces cut by ${input.resize.by}, not whole photos`);
  if (input.resize.mode === 'squash') return input.resize.intermediate;
  const scale = input.resize.shortSide / Math.min(image.width, image.height);
  return [
    Math.max(input.size[0], Math.round(image.width * scale)),
    Math.max(input.size[1], Math.round(image.height * scale)),
  ];
}

/** Returns the whole image at its size before the crop; `view` without an offset is the centre of it. */
export async function beforeCrop(image: Pixels, input: ImageInput): Promise<Pixels> {
  const [width, height] = intermediateSize(image, input);
  return { data: await reopen(image).resize(width, height, { fit: 'fill' }).raw().toBuffer(), width, height };
}

/**
 * Returns the tensor of `input` [height, width, 3] as uint8 RGB.
 * @param offset position of the crop between left/top (0), centre (0.5) and right/bottom (1); training also uses others
 *   than the centre
 */
export async function view(
  image: Pixels,
  input: Cut,
  offset: readonly [number, number] = [0.5, 0.5],
  flop = false,
): Promise<Uint8Array> {
  const [width, height] = intermediateSize(image, input);
  const [w, h] = input.size;
  const cropped = reopen(image)
    .resize(width, height, { fit: 'fill' })
    .extract({
      left: Math.floor((width - w) * offset[0]),
      top: Math.floor((height - h) * offset[1]),
      width: w,
      height: h,
    });
  return (flop ? cropped.flop() : cropped).raw().toBuffer();
}

/** Returns the whole image with its long side at most `longSide`. */
export async function fitWithin(image: Pixels, longSide: number): Promise<Pixels> {
  const { data, info } = await reopen(image)
    .resize(longSide, longSide, { fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
