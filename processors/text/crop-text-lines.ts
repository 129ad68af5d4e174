import type { Box } from '../../schemas/events.js';
import { cutLine } from './cut-line.js';
import { decodeImage } from '../decode-image.js';
import type { Operation } from '../operation.js';
import { overlayRegions, type TextCells } from './overlay-regions.js';
import type { ImageFile, Tensor } from '../values.js';

/** One line of text that was cut out of a photo. */
export interface TextLine {
  /** Of its region in the photo. */
  readonly box: Box;
  readonly tensor: Tensor;
}

/** Lines of a photo that are read: the largest. */
const most = 6;

/**
 * Lines of the text that seems to be laid over the photo, largest first, ready for a model of this input size. It takes
 * the file
 * and decodes it anew, larger than a detector needs it: few photos carry text, and pixels of all the others need not
 * travel here.
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
