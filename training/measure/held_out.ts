import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { randomOf } from '../photos/draw_overlays.js';
import { findPhotos, type LabelledPhoto } from '../photos/photos.js';

const rooms = new Set(readFileSync(new URL('rooms-holdout.txt', import.meta.url), 'utf8').split(/\r?\n/));

/** As `rooms-holdout.txt` names photos. */
export function nameOf({ file, label }: LabelledPhoto): string {
  return `${label}/${basename(file)}`;
}

/** Photos that models are judged by and never made with: the split `validation`, and `rooms-holdout.txt`. */
export function heldOutPhotos(dir: string, count = Infinity): LabelledPhoto[] {
  return mixed(findPhotos(dir).filter(isHeldOut)).slice(0, count);
}

/** All others. */
export function trainingPhotos(dir: string, count = Infinity): LabelledPhoto[] {
  return mixed(findPhotos(dir).filter((photo) => !isHeldOut(photo))).slice(0, count);
}

function isHeldOut(photo: LabelledPhoto): boolean {
  return photo.split === undefined ? rooms.has(nameOf(photo)) : photo.split === 'validation';
}

/** In an order that is the same each time and mixes the labels, so that the first few are of all kinds. */
function mixed(photos: readonly LabelledPhoto[]): LabelledPhoto[] {
  const order = randomOf(1);
  return photos
    .map((photo) => ({ photo, at: order() }))
    .sort((a, b) => a.at - b.at)
    .map(({ photo }) => photo);
}
