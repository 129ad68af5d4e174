import { decodeDefaults, type DecodeOptions } from './decoding/decode-options.js';
import { decodePlainJpeg } from './decoding/decode-plain-jpeg.js';
import { decodeWithSharp } from './decoding/decode-with-sharp.js';
import type { Operation } from './operation.js';
import type { ImageFile, Pixels } from './values.js';

export type DecodeImageOptions = Pick<DecodeOptions, 'minShortSide'> & Partial<DecodeOptions>;

/**
 * An image file to upright RGB pixels, decoded once for everything that follows. Throws `too-many-pixels`,
 * `corrupt-image` and `decode-timeout`.
 */
export function decodeImage(given: DecodeImageOptions): Operation<{ file: ImageFile }, Pixels> {
  const options: DecodeOptions = { ...decodeDefaults, ...given };
  return {
    name: 'decode',
    needs: 'cpu',
    open() {
      return async function decodeImage({ file }, { signal }) {
        signal.throwIfAborted();
        return (await decodePlainJpeg(file, options)) ?? (await decodeWithSharp(file, options));
      };
    },
  };
}
