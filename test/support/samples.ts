import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListingImage } from '../../schemas/events.js';

const images = join(import.meta.dirname, '..', '..', 'node_modules', 'material-dashboard', 'assets', 'img');

/** Photos of homes from an MIT package (see CREDITS.md). */
export const samplePhotos = {
  livingRoom: 'home-decor-1.jpg',
  bedroom: 'home-decor-2.jpg',
  kitchen: 'bg-smart-home-1.jpg',
  exterior: 'products/product-1-min.jpg',
} as const;

export function samplePhoto(name: keyof typeof samplePhotos): Buffer {
  return readFileSync(join(images, samplePhotos[name]));
}

/** Returns a listing-image event with defaults for all fields that are not given. */
export function listingImage(event: Partial<ListingImage>): ListingImage {
  return {
    listingId: 'listing-1',
    imageId: 'image-1',
    url: null,
    content: null,
    pipeline: null,
    attributes: {},
    ...event,
  };
}
