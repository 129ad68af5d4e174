import type { Box } from '../../schemas/events.js';
import { cutLine } from './line-cutter.js';
import { decodeImage } from '../decode-image.js';
import type { Operation } from '../operation.js';
import { overlayRegions, type TextCells } from './overlay-regions.js';
import type { ImageFile, Tensor } from '../values.js';

/** One line of text, cropped from a photo. */
export interface TextLine {
  /** Box of the line's region in the photo. */
  readonly box: Box;
  readonly tensor: Tensor;
}

/** Maximum number of lines that are read per photo; the largest are kept. */
const most = 6;

/**
 * Crops the lines of text that seem to be laid over the photo, largest first, at the input size of the reading model.
 * It decodes the file again, larger than the detector needs. Few photos carry text, so this is cheaper than passing
 * large pixels for every photo.
 */
export function cropTextLines(
  detectorId: string,
  size: readonly [width: number, height: number],
): Operation<{ file: ImageFile; text: TextCells }, readonly TextLine[]> {
  const decoding = decodeImage({ minShortSide: 1_080, minLongSide: 1_920 });
  return {
    name: `crop-text-lines:${size.join('x')}:${detectorId}`,
    needs: 'cpu',
    async open(ports) {
      const [{ parameters }, decode] = await Promise.all([ports.models.describe(detectorId), decoding.open(ports)]);
      return async function cropTextLines({ file, text }, context) {
        const regions = overlayRegions(text, parameters).slice(0, most);
        if (regions.length === 0) return [];
        const pixels = await decode({ file }, context);
        return Promise.all(regions.map(async ({ box }) => ({ box, tensor: await cutLine(pixels, box, size) })));
      };
    },
  };
}
