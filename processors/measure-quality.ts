import { qualityOf, type Quality } from './image-quality.js';
import { shrinkToLongSide } from './decoding/pixel-resizing.js';
import type { Operation } from './operation.js';
import type { Pixels } from './values.js';

/**
 * Long side (pixels) for the measurement. Sharpness depends on scale and kernel: the thresholds of the quality tags are
 * valid only for this side and Lanczos.
 */
export const qualityLongSide = 512;

/** Brightness and sharpness of the whole photo. */
export const measureQuality: Operation<{ pixels: Pixels }, Quality> = {
  name: 'measure-quality',
  needs: 'cpu',
  reusable: true,
  open() {
    return async function measureQuality({ pixels }) {
      return qualityOf(await shrinkToLongSide(pixels, qualityLongSide));
    };
  },
};
