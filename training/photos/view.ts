import sharp, { type Sharp } from 'sharp';
import type { ImageInput } from '../../models/card.js';

/**
 * Photos as the models see them, with the geometry that production uses. Training and evaluation read photos only here.
 */

export interface Pixels {
  /** RGB, height x width x 3. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Upright sRGB without transparency (white behind it). */
function upright(file: string | Buffer): Sharp {
  return sharp(file).rotate().flatten({ background: '#ffffff' }).toColourspace('srgb');
}

/** Decoded once, so that several views of one photo do not decode it again. */
export async function decode(file: string | Buffer): Promise<Pixels> {
  const { data, info } = await upright(file).raw().toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { data, width: info.width, height: info.height };
  throw new Error(`${info.channels} channels after conversion to sRGB, 3 expected`);
}

function reopen(image: Pixels): Sharp {
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } });
}

/** How the image is to be cut, whatever the rest of the card says. */
type Cut = Pick<ImageInput, 'size' | 'resize'>;

/** Width and height before the centre crop. */
export function intermediateSize(image: Pick<Pixels, 'width' | 'height'>, input: Cut): readonly [number, number] {
  if (input.resize.mode === 'pieces')
    throw new Error(`the model takes pieces that ${input.resize.by} cuts, not whole photos`);
  if (input.resize.mode === 'squash') return input.resize.intermediate;
  const scale = input.resize.shortSide / Math.min(image.width, image.height);
  return [
    Math.max(input.size[0], Math.round(image.width * scale)),
    Math.max(input.size[1], Math.round(image.height * scale)),
  ];
}

/** The whole image at the size that it has before the crop; `view` without an offset is its centre. */
export async function beforeCrop(image: Pixels, input: ImageInput): Promise<Pixels> {
  const [width, height] = intermediateSize(image, input);
  return { data: await reopen(image).resize(width, height, { fit: 'fill' }).raw().toBuffer(), width, height };
}

/**
 * The tensor of `input` [height, width, 3] as uint8 RGB.
 * @param offset where the crop lies between left/top (0), centre (0.5) and right/bottom (1); training looks elsewhere
 * too.
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

/** The whole image with its long side at most `longSide`. */
export async function fitWithin(image: Pixels, longSide: number): Promise<Pixels> {
  const { data, info } = await reopen(image)
    .resize(longSide, longSide, { fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
