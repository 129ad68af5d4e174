import type { ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { deriveId } from '../../schemas/ids.js';
import type { WholeBody } from '../../http/bodies/whole-body.js';
import type { UploadStore } from '../../runtime/replies/request-reply.js';
import type { ImageByUrl, ImageNames } from './tag-request.js';

export interface UploadOptions {
  readonly inlineBytes: number;
  readonly images: UploadStore | undefined;
}

/** An event that contains the image itself. */
export type UploadedImage = ListingImage & { readonly content: Uint8Array };

/** The event of an image by URL. */
export function imageByUrl(document: ImageByUrl, pipeline: string): ListingImage {
  return { ...identity(document, deriveId('url', document.url)), url: document.url, content: null, pipeline };
}

/** The event of an uploaded image. */
export function uploadedImage(
  { bytes, sha256 }: WholeBody,
  fields: ImageNames & { readonly pipeline: string },
): UploadedImage {
  return { ...identity(fields, deriveId('content', sha256)), url: null, content: bytes, pipeline: fields.pipeline };
}

/**
 * Returns the event itself for a small image. For a large image, stores it and returns an event with its URL (claim
 * check). Throws `too-large` for a large image without a store, and the errors of the store.
 *
 * @param sha256 SHA-256 of the image, lower-case hex
 */
export async function storeLarge(
  event: UploadedImage,
  sha256: string,
  { inlineBytes, images }: UploadOptions,
): Promise<ListingImage> {
  const { content: bytes } = event;
  if (bytes.length <= inlineBytes) return event;
  if (images === undefined) {
    throw new FanlightError({
      code: 'too-large',
      message: `The image has ${bytes.length} bytes. This gateway has no image store, so it takes at most ${inlineBytes}.`,
      remedy: `Send at most ${inlineBytes} bytes, or the URL of the image.`,
    });
  }
  await images.put(sha256, bytes);
  return { ...event, url: images.urlOf(sha256), content: null };
}

/** Missing names are derived from the image, so that a repeated request is the same work. */
function identity({ imageId, listingId }: ImageNames, derived: string) {
  return { listingId: listingId ?? derived, imageId: imageId ?? derived, attributes: {} };
}
