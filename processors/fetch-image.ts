import { createHash } from 'node:crypto';
import type { ListingImage } from '../schemas/events.js';
import { FanlightError } from '../schemas/failure.js';
import { identifyFormat } from './decoding/format-identification.js';
import type { Operation, OperationContext } from './operation.js';
import type { Ports } from './ports.js';
import type { ImageFile } from './values.js';

/** Size limit of an image file (bytes). The URL fetcher and the store also stop reading there. */
export const imageFileLimit = 25 * 1024 * 1024;

/**
 * Reads the bytes of one listing image from the event, the image store or the web. It identifies the format by content
 * and stores the file once. Throws the fetch failures, `empty-file`, `not-an-image` and `unsupported-format`; nothing
 * is stored then.
 */
export const fetchImage: Operation<{ event: ListingImage }, ImageFile> = {
  name: 'fetch',
  needs: 'io',
  contentOf: ({ sha256 }) => sha256,
  open(ports) {
    return async function fetchImage({ event }, context) {
      const bytes = await readBytes(event, ports, context);
      const format = await identifyFormat(bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      // An image that a producer uploaded under its own key is stored again under its hash.
      if (event.url !== ports.images.urlOf(sha256)) context.waitUntil(() => ports.images.put(sha256, bytes));
      return { bytes, sha256, format };
    };
  },
};

async function readBytes(event: ListingImage, ports: Ports, context: OperationContext): Promise<Uint8Array> {
  if (event.content !== null) return event.content;
  if (event.url === null) throw neitherUrlNorContent();
  if (!event.url.startsWith('s3://')) return ports.urls.fetch(event.url, context.signal);
  const stored = await ports.images.getByUrl(event.url, imageFileLimit);
  if (stored === null) throw notInStore(event.url);
  return stored;
}

function neitherUrlNorContent(): FanlightError {
  return new FanlightError({
    code: 'invalid-url',
    message: 'The listing-image event has neither a URL nor content.',
    remedy: 'Set `url`, or put the image file into `content`.',
  });
}

function notInStore(url: string): FanlightError {
  return new FanlightError({
    code: 'not-found',
    message: `The image store has nothing at ${url}.`,
    remedy: 'Upload the image before the event is sent, or correct the key.',
  });
}
