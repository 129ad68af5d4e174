import { decodeDefaults, type DecodeOptions } from './decoding/decode-options.js';
import { decodePlainJpeg } from './decoding/plain-jpeg-decoder.js';
import { decodeWithSharp } from './decoding/sharp-decoder.js';
import type { Operation } from './operation.js';
import type { ImageFile, Pixels } from './values.js';

export type DecodeImageOptions = Pick<DecodeOptions, 'minShortSide'> & Partial<DecodeOptions>;

/**
 * Decodes an image file to upright RGB pixels, once for all later operations. The name holds the minimum short and long
 * side (`decode:512-512`): the result is not smaller than that, unless the original is. Throws `too-many-pixels`,
 * `corrupt-image` and `decode-timeout`.
 */
export function decodeImage(given: DecodeImageOptions): Operation<{ file: ImageFile }, Pixels> {
  const options: DecodeOptions = { ...decodeDefaults, ...given };
  return {
    name: `decode:${options.minShortSide}-${options.minLongSide}`,
    needs: 'cpu',
    open() {
      return async function decodeImage({ file }, { signal }) {
        signal.throwIfAborted();
        return (await decodePlainJpeg(file, options)) ?? (await decodeWithSharp(file, options));
      };
    },
  };
}
