import { fileTypeFromBuffer } from 'file-type';
import { FanlightError } from '../../schemas/failure.js';

/** Media types of images that the gateway accepts as a body. */
export const imageTypes: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/avif'];
/**
 * The first bytes of a file, which suffice to detect its format. A crafted file could keep the detector busy with the
 * rest, because it decompresses data and follows the parts of a container.
 */
const telltaleBytes = 4_100;
const names = 'JPEG, PNG, WebP or AVIF';

/**
 * Refuses files early that the stages would refuse later. The bytes decide, not the Content-Type.
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

/** Throws `unsupported-format` for HEIC. Phones send it by default, so the error explains it. */
export function refuseHeic(mediaType: string | undefined): void {
  if (mediaType === undefined || !/^image\/hei[cf](-sequence)?$/.test(mediaType)) return;
  throw new FanlightError({
    code: 'unsupported-format',
    message: `The body is an image of type ${mediaType}, which uses the patented codec HEVC; Fanlight has no decoder for it.`,
    remedy: `Convert it to ${names}. An iPhone takes JPEG with Settings, Camera, Formats, Most Compatible.`,
  });
}
