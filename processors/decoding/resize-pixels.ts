import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../values.js';
import type { Kernel, ResizePlan } from './geometry.js';

/** RGB, 8 bits a channel: width × height × 3 bytes. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The cut-out of `plan`, size[1] × size[0] × 3 bytes. */
export async function resizeToPlan(pixels: Pixels, plan: ResizePlan): Promise<Uint8Array> {
  const [width, height] = plan.size;
  return open(pixels)
    .resize(plan.width, plan.height, { fit: 'fill', kernel: plan.kernel })
    .extract({ left: plan.left, top: plan.top, width, height })
    .raw()
    .toBuffer();
}

/** Shrinks to at most `longSide` pixels on the long side; a smaller image is returned as it is. */
export async function shrinkToLongSide(pixels: Pixels, longSide: number, kernel: Kernel): Promise<RawImage> {
  const scale = longSide / Math.max(pixels.width, pixels.height);
  if (scale >= 1) return pixels;
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  const data = await open(pixels).resize(width, height, { fit: 'fill', kernel }).raw().toBuffer();
  return { data, width, height };
}

function open({ data, width, height }: RawImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}
