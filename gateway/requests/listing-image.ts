import type { ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { deriveId, sha256Hex } from '../../schemas/ids.js';
import type { UploadStore } from '../ports.js';
import type { TagDocument, TagFields } from './tag-request.js';

export interface UploadOptions {
  readonly inlineBytes: number;
  readonly images: UploadStore | undefined;
}

/** The event of an image by URL. */
export function imageByUrl(document: TagDocument, pipeline: string): ListingImage {
  return { ...identity(document, deriveId('url', document.url)), url: document.url, content: null, pipeline };
}

/**
 * The event of an uploaded image: inside the event when small, by claim check when large.
 * Throws `too-large` for a large one without a store, and what the store throws.
 */
export async function uploadedImage(
  bytes: Uint8Array,
  fields: TagFields & { readonly pipeline: string },
  { inlineBytes, images }: UploadOptions,
): Promise<ListingImage> {
  const sha256 = sha256Hex(bytes);
  const named = { ...identity(fields, deriveId('content', sha256)), pipeline: fields.pipeline };
  if (bytes.length <= inlineBytes) return { ...named, url: null, content: bytes };
  if (images === undefined) {
    throw new FanlightError({
      code: 'too-large',
      message: `The image has ${bytes.length} bytes; without an image store this gateway takes ${inlineBytes}.`,
      remedy: `Send at most ${inlineBytes} bytes, or the URL of the image.`,
    });
  }
  await images.put(sha256, bytes);
  return { ...named, url: images.urlOf(sha256), content: null };
}

/** Who names nothing gets names derived from the image, so that asking twice is the same work. */
function identity({ imageId, listingId }: TagFields, derived: string) {
  return { listingId: listingId ?? derived, imageId: imageId ?? derived, attributes: {} };
}
