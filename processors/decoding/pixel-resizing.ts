import sharp from 'sharp';
import type { ResizePlan } from './geometry.js';
import { Resampler, type RawImage } from './resampling/resampler.js';

/**
 * Images up to this number of pixels are resized on the calling thread (about 5 ms); larger ones in the thread pool.
 */
const largestInThread = 4_000_000;

const resampler = new Resampler();

/** Returns the crop of `plan`, size[1] × size[0] × 3 bytes. */
export async function resizeToPlan(image: RawImage, plan: ResizePlan): Promise<Uint8Array> {
  if (image.width * image.height <= largestInThread) return resampler.resize(image, plan);
  const [width, height] = plan.size;
  const { data } = image;
  return sharp(data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(plan.width, plan.height, { fit: 'fill', kernel: plan.kernel })
    .extract({ left: plan.left, top: plan.top, width, height })
    .raw()
    .toBuffer();
}

/**
 * Shrinks to at most `longSide` pixels on the long side. A smaller image is returned unchanged. The kernel is Lanczos,
 * because a linear kernel halves the sharpness that is measured afterwards.
 */
export async function shrinkToLongSide(pixels: RawImage, longSide: number): Promise<RawImage> {
  const scale = longSide / Math.max(pixels.width, pixels.height);
  if (scale >= 1) return pixels;
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  const data = await resizeToPlan(pixels, {
    width,
    height,
    left: 0,
    top: 0,
    size: [width, height],
    kernel: 'lanczos3',
  });
  return { data, width, height };
}
