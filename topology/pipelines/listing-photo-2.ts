import { applyModel } from '../../processors/apply-model.js';
import { classifyRoom } from '../../processors/classify-room.js';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { measureQuality } from '../../processors/measure-quality.js';
import { mergeTagsAndRoom } from '../../processors/merge-tags.js';
import { resizeImage } from '../../processors/resize-image.js';
import { tagHero } from '../../processors/tag-hero.js';
import { tagModeration } from '../../processors/tag-moderation.js';
import { tagObjects } from '../../processors/tag-objects.js';
import { tagOverlayText } from '../../processors/text/tag-overlay-text.js';
import { tagQuality } from '../../processors/tag-quality.js';
import { tagScene } from '../../processors/tag-scene.js';
import { definePipeline } from '../pipeline.js';
import { moderationView, objectsView, overlayTextView, sceneView } from './views.js';

/**
 * The tags of `listing-photo@1`, a room type that also considers the objects in the photo, the objects with their
 * boxes, overlay text, and a hero score (how well the photo would lead its listing). Both pipelines share operations
 * and pixels. So a photo that `listing-photo@1` has tagged costs only the new models.
 */
export const listingPhoto2 = definePipeline(
  'listing-photo@2',
  {
    file: { operation: fetchImage, from: { event: 'event' } },

    pixels: { operation: decodeImage({ minShortSide: 512 }), from: { file: 'file' } },
    facts: { operation: imageFacts, from: { pixels: 'pixels' } },
    quality: { operation: measureQuality, from: { pixels: 'pixels' } },
    sceneView: { operation: resizeImage(sceneView), from: { pixels: 'pixels' } },
    moderationView: { operation: resizeImage(moderationView), from: { pixels: 'pixels' } },
    textView: { operation: resizeImage(overlayTextView), from: { pixels: 'pixels' } },
    objectsView: { operation: resizeImage(objectsView), from: { pixels: 'pixels' } },

    scene: { operation: applyModel('scene@1', ['probs', 'features']), from: { tensor: 'sceneView' } },
    moderation: { operation: applyModel('moderation@1', ['nsfw']), from: { tensor: 'moderationView' } },
    objects: { operation: applyModel('objects@2', ['detections']), from: { tensor: 'objectsView' } },
    text: { operation: applyModel('overlay-text@1', ['coverage', 'strength']), from: { tensor: 'textView' } },

    roomType: {
      operation: classifyRoom('room-type@stable', { scene: 'scene@1', objects: 'objects@2' }),
      from: { scene: 'scene', objects: 'objects' },
    },
    sceneTags: { operation: tagScene('scene@1'), from: { scene: 'scene' } },
    moderationTags: { operation: tagModeration('moderation@1'), from: { moderation: 'moderation' } },
    objectTags: { operation: tagObjects('objects@2'), from: { objects: 'objects' } },
    textTags: { operation: tagOverlayText('overlay-text@1'), from: { text: 'text' } },
    qualityTags: { operation: tagQuality('quality@1'), from: { quality: 'quality' } },
    heroTags: {
      operation: tagHero('hero@1'),
      from: {
        roomType: 'roomType',
        quality: 'quality',
        text: 'textTags',
        objects: 'objectTags',
        moderation: 'moderation',
      },
    },
    tagged: {
      operation: mergeTagsAndRoom(['scene', 'moderation', 'objects', 'text', 'quality', 'hero']),
      from: {
        facts: 'facts',
        roomType: 'roomType',
        scene: 'sceneTags',
        moderation: 'moderationTags',
        objects: 'objectTags',
        text: 'textTags',
        quality: 'qualityTags',
        hero: 'heroTags',
      },
    },
  },
  'tagged',
);
