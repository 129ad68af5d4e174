import { fileTypeFromBuffer } from 'file-type';
import { FanlightError } from '../../schemas/failure.js';

const supported: readonly string[] = ['image/jpeg', 'image/png', 'image/webp'];

/**
 * Refuses at the door what the stages would refuse a few hops later. The bytes decide, not the Content-Type.
 * Throws `empty-file`, `not-an-image` or `unsupported-format`.
 */
export async function requireImage(bytes: Uint8Array): Promise<void> {
  const remedy = 'Send a JPEG, PNG or WebP file as the whole body.';
  if (bytes.length === 0) throw new FanlightError({ code: 'empty-file', message: 'The body is empty.', remedy });
  const type = await fileTypeFromBuffer(bytes);
  if (type !== undefined && supported.includes(type.mime)) return;
  if (type?.mime.startsWith('image/') === true) {
    throw new FanlightError({ code: 'unsupported-format', message: `The body is an image of type ${type.mime}.`, remedy });
  }
  const found = type === undefined ? 'no known file type' : `a file of type ${type.mime}`;
  throw new FanlightError({ code: 'not-an-image', message: `The body is ${found}, not an image.`, remedy });
}
