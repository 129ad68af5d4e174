import { fileTypeFromBuffer } from 'file-type';
import { FanlightError } from '../../schemas/failure.js';

/** Media types of the image files that a body may be. */
export const imageTypes: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/avif'];
/**
 * Enough to tell a format. What lies behind may be made to keep a detector busy: it would decompress, and walk from
 * part to part.
 */
const telltaleBytes = 4_100;
const names = 'JPEG, PNG, WebP or AVIF';

/**
 * Refuses at the door what the stages would refuse a few hops later. The bytes decide, not the Content-Type.
 * Throws `empty-file`, `not-an-image` or `unsupported-format`.
 */
export async function requireImage(bytes: Uint8Array): Promise<void> {
  const remedy = `Send a ${names} file as the whole body.`;
  if (bytes.length === 0) throw new FanlightError({ code: 'empty-file', message: 'The body is empty.', remedy });
  const type = await fileTypeFromBuffer(bytes.subarray(0, telltaleBytes));
  if (type !== undefined && imageTypes.includes(type.mime)) return;
  refuseHeic(type?.mime);
  if (type?.mime.startsWith('image/') === true) {
    throw new FanlightError({
      code: 'unsupported-format',
      message: `The body is an image of type ${type.mime}.`,
      remedy,
    });
  }
  const found = type === undefined ? 'no known file type' : `a file of type ${type.mime}`;
  throw new FanlightError({ code: 'not-an-image', message: `The body is ${found}, not an image.`, remedy });
}

/** Phones send it by themselves, so it gets a reason of its own. Throws `unsupported-format`. */
export function refuseHeic(mediaType: string | undefined): void {
  if (mediaType === undefined || !/^image\/hei[cf](-sequence)?$/.test(mediaType)) return;
  throw new FanlightError({
    code: 'unsupported-format',
    message: `The body is an image of type ${mediaType}, which is compressed by HEVC; no decoder for that patented codec is part of Fanlight.`,
    remedy: `Convert it to ${names}; an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible.`,
  });
}
