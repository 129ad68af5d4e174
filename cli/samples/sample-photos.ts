import { existsSync } from 'node:fs';
import { FanlightError } from '../../schemas/failure.js';
import type { PhotoInput } from '../tag/photo-inputs.js';
import { packagePath } from '../../primitives/package-root.js';
import { sampleListings } from './listings.js';

/** Returns the sample photos as inputs of a tag run. Throws `invalid-configuration` if their package is missing. */
export function samplePhotos(): PhotoInput[] {
  const folder = packagePath('node_modules', 'material-dashboard', 'assets', 'img');
  if (!existsSync(folder)) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `The sample photos are not installed in ${folder}.`,
      remedy: 'Run `npm ci` with development dependencies, or give your own photos with --photos.',
    });
  }
  return sampleListings.flatMap(({ listingId, photos }) =>
    photos.map((photo) => ({
      image: photo,
      listingId,
      imageId: `${listingId}/${photo.split('/').at(-1) ?? photo}`,
      source: { kind: 'file' as const, path: `${folder}/${photo}` },
    })),
  );
}
