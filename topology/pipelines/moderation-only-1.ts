import { applyModel } from '../../processors/apply-model.js';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { mergeTags } from '../../processors/merge-tags.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagModeration } from '../../processors/tag-moderation.js';
import { definePipeline } from '../pipeline.js';
import { moderationView } from './views.js';

/** Tags the safety of a photo with one model. Benchmarks compare Fanlight with other systems on this pipeline. */
export const moderationOnly1 = definePipeline(
  'moderation-only@1',
  {
    file: { operation: fetchImage, from: { event: 'event' } },

    pixels: { operation: decodeImage({ minShortSide: 256 }), from: { file: 'file' } },
    facts: { operation: imageFacts, from: { pixels: 'pixels' } },
    moderationView: { operation: resizeImage(moderationView), from: { pixels: 'pixels' } },

    moderation: { operation: applyModel('moderation@1', ['nsfw']), from: { tensor: 'moderationView' } },

    moderationTags: { operation: tagModeration('moderation@1'), from: { moderation: 'moderation' } },
    tagged: { operation: mergeTags(['moderation']), from: { facts: 'facts', moderation: 'moderationTags' } },
  },
  'tagged',
);
