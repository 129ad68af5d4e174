import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { randomOf } from '../photos/overlay_drawing.js';
import { findPhotos, type LabelledPhoto } from '../photos/photos.js';

const rooms = new Set(readFileSync(new URL('../rooms-holdout.txt', import.meta.url), 'utf8').split(/\r?\n/));

/** Returns the name of a photo as in `rooms-holdout.txt`. */
export function nameOf({ file, label }: LabelledPhoto): string {
  return `${label}/${basename(file)}`;
}

/** Returns photos for evaluation, never used in training: the split `validation`, and `rooms-holdout.txt`. */
export function heldOutPhotos(dir: string, count = Infinity): LabelledPhoto[] {
  return mixed(findPhotos(dir).filter(isHeldOut)).slice(0, count);
}

/** Returns all other photos. */
export function trainingPhotos(dir: string, count = Infinity): LabelledPhoto[] {
  return mixed(findPhotos(dir).filter((photo) => !isHeldOut(photo))).slice(0, count);
}

function isHeldOut(photo: LabelledPhoto): boolean {
  return photo.split === undefined ? rooms.has(nameOf(photo)) : photo.split === 'validation';
}

/** Returns the photos in a reproducible order that mixes the labels, so that a short prefix covers many labels. */
function mixed(photos: readonly LabelledPhoto[]): LabelledPhoto[] {
  const order = randomOf(1);
  return photos
    .map((photo) => ({ photo, at: order() }))
    .sort((a, b) => a.at - b.at)
    .map(({ photo }) => photo);
}
