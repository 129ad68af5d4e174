import { agreement } from './agreement.js';
import type { Evaluation } from './evaluation.js';
import { harmless } from './harmless.js';
import { overlays } from './overlays.js';
import { roomTypes } from './room-types.js';
import { spoiled } from './spoiled.js';

/** The evaluation of each model. Models without an entry have no labelled data. */
export const evaluations: readonly Evaluation[] = [
  roomTypes('room-type@1'),
  roomTypes('room-type@2'),
  harmless('moderation@1'),
  overlays('overlay-text@1'),
  spoiled('quality@1'),
  agreement('objects@1', 'objects@2'),
  agreement('objects@2', 'objects@1'),
];
