import type { ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';

/** Upper bound of `listing-image.avsc` for content in the event (bytes). Larger files belong in the image store. */
const maxContentBytes = 2 ** 20;

/** Returns the event. Throws `invalid-event` that lists every problem. */
export function checkEvent(event: ListingImage): ListingImage {
  const missing = [
    event.listingId === '' ? 'listingId is empty' : '',
    event.imageId === '' ? 'imageId is empty' : '',
    (event.url === null || event.url === '') && event.content === null ? 'neither url nor content is given' : '',
    (event.content?.byteLength ?? 0) > maxContentBytes
      ? `content has ${event.content?.byteLength} bytes, above ${maxContentBytes}`
      : '',
  ].filter((problem) => problem !== '');
  if (missing.length === 0) return event;
  throw new FanlightError({
    code: 'invalid-event',
    message: `The listing-image event cannot be used: ${missing.join('; ')}.`,
    remedy: 'Send listingId, imageId and either url or content; see docs/events.md.',
  });
}
