import { applyModel } from '../../processors/apply-model.js';
import { classifyRoom } from '../../processors/classify-room.js';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { measureQuality } from '../../processors/measure-quality.js';
import { mergeTagsAndRoom } from '../../processors/merge-tags.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagModeration } from '../../processors/tag-moderation.js';
import { tagQuality } from '../../processors/tag-quality.js';
import { tagScene } from '../../processors/tag-scene.js';
import { definePipeline } from '../pipeline.js';
import { moderationView, sceneView } from './views.js';

/** Tags the room type, the scene, the safety, the sharpness and the brightness of a photo. */
export const listingPhoto1 = definePipeline(
  'listing-photo@1',
  {
    file: { operation: fetchImage, from: { event: 'event' } },

    pixels: { operation: decodeImage({ minShortSide: 512 }), from: { file: 'file' } },
    facts: { operation: imageFacts, from: { pixels: 'pixels' } },
    quality: { operation: measureQuality, from: { pixels: 'pixels' } },
    sceneView: { operation: resizeImage(sceneView), from: { pixels: 'pixels' } },
    moderationView: { operation: resizeImage(moderationView), from: { pixels: 'pixels' } },

    scene: { operation: applyModel('scene@1', ['probs', 'features']), from: { tensor: 'sceneView' } },
    moderation: { operation: applyModel('moderation@1', ['nsfw']), from: { tensor: 'moderationView' } },

    roomType: { operation: classifyRoom('room-type@1', { scene: 'scene@1' }), from: { scene: 'scene' } },
    sceneTags: { operation: tagScene('scene@1'), from: { scene: 'scene' } },
    moderationTags: { operation: tagModeration('moderation@1'), from: { moderation: 'moderation' } },
    qualityTags: { operation: tagQuality('quality@1'), from: { quality: 'quality' } },
    tagged: {
      operation: mergeTagsAndRoom(['scene', 'moderation', 'quality']),
      from: {
        facts: 'facts',
        roomType: 'roomType',
        scene: 'sceneTags',
        moderation: 'moderationTags',
        quality: 'qualityTags',
      },
    },
  },
  'tagged',
);
