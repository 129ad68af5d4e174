import { createHash } from 'node:crypto';
import type { ListingImage } from './events.js';

/** Returns the first 128 bits of SHA-256 over the parts, each followed by a newline, as 32 lower-case hex digits. */
export function deriveId(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex').slice(0, 32);
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Returns the `ce_id` of a listing-image event. The same image, source and pipeline give the same id, so the audit and
 * subscribers count an event that was sent twice once.
 */
export function listingImageId(event: ListingImage): string {
  const source = event.url ?? (event.content ? sha256Hex(event.content) : '');
  return deriveId(event.listingId, event.imageId, source, event.pipeline ?? '');
}

/** Returns the `ce_id` of a tag result. The same image, content and pipeline version give the same id. */
export function imageTagsId(result: { imageId: string; contentSha256: string; pipeline: string }): string {
  return deriveId(result.imageId, result.contentSha256, result.pipeline);
}
