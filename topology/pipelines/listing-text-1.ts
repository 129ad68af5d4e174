import { applyModel } from '../../processors/apply-model.js';
import { cropTextLines } from '../../processors/text/crop-text-lines.js';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { mergeTags } from '../../processors/merge-tags.js';
import { readTextLines } from '../../processors/text/read-text-lines.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagReadText } from '../../processors/text/tag-read-text.js';
import { definePipeline } from '../pipeline.js';
import { overlayTextView, textLineSize } from './views.js';

/**
 * Finds text that was laid over the photo and reads its words: agencies, telephone numbers, "SOLD". A composite: the
 * second model reads lines that are cut out at the places which the first model found. `listing-photo@2` finds text in
 * the same way, so both share that output.
 */
export const listingText1 = definePipeline(
  'listing-text@1',
  {
    file: { operation: fetchImage, from: { event: 'event' } },

    pixels: { operation: decodeImage({ minShortSide: 512 }), from: { file: 'file' } },
    facts: { operation: imageFacts, from: { pixels: 'pixels' } },
    textView: { operation: resizeImage(overlayTextView), from: { pixels: 'pixels' } },

    text: { operation: applyModel('overlay-text@1', ['coverage', 'strength']), from: { tensor: 'textView' } },

    lines: { operation: cropTextLines('overlay-text@1', textLineSize), from: { file: 'file', text: 'text' } },

    read: { operation: readTextLines('text-line@1'), from: { lines: 'lines' } },

    textTags: { operation: tagReadText('overlay-text@1', 'text-line@1'), from: { text: 'text', lines: 'read' } },
    tagged: { operation: mergeTags(['text']), from: { facts: 'facts', text: 'textTags' } },
  },
  'tagged',
);
