import type { ImageSpec } from '../../processors/decoding/geometry.js';

/** Input specs of the models in service. A check at start compares them with the models' cards. */
export const sceneView: ImageSpec = { size: [224, 224], mode: 'crop', shortSide: 256 };
export const objectsView: ImageSpec = { size: [512, 512], mode: 'squash', intermediate: [512, 512] };
export const overlayTextView: ImageSpec = { mode: 'multiple', multipleOf: 32, longSide: 736 };
/** Width and height of each line that is cut out of a photo (pixels). */
export const textLineSize = [480, 48] as const;
export const moderationView: ImageSpec = { size: [224, 224], mode: 'squash', intermediate: [256, 256] };
