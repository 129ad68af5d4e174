import { readFile, stat } from 'node:fs/promises';
import { imageFileLimit } from '../../processors/fetch-image.js';
import type { ImageStore } from '../../processors/ports.js';
import { FanlightError } from '../../schemas/failure.js';
import { sha256Hex } from '../../schemas/ids.js';
import type { PhotoInput } from './photo-inputs.js';

/**
 * Returns the URL under which the stages find a photo; a file is first put into the image store under its sha256. An
 * empty file is sent as well: the fetch stage rejects it, so that it becomes a dead letter like other failed photos.
 * Throws `not-found`, `too-large` (such files are not uploaded and become no dead letters) and `store-unavailable`.
 */
export async function uploadPhoto(
  { image, source }: PhotoInput,
  images: Pick<ImageStore, 'put' | 'urlOf'>,
): Promise<string> {
  if (source.kind === 'url') return source.url;
  const bytes = await readPhoto(image, source.path);
  const sha256 = sha256Hex(bytes);
  await images.put(sha256, bytes);
  return images.urlOf(sha256);
}

/** Reads the file of a photo. Throws `not-found` and `too-large`. */
export async function readPhoto(image: string, path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > imageFileLimit) throw tooLarge(image, size);
    return await readFile(path);
  } catch (error) {
    if (error instanceof FanlightError) throw error;
    throw unreadable(image, error as NodeJS.ErrnoException);
  }
}

function tooLarge(image: string, size: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `${image} has ${(size / 2 ** 20).toFixed(1)} MiB; at most ${imageFileLimit / 2 ** 20} MiB are allowed.`,
    remedy: 'Use a smaller rendition of the photo.',
  });
}

function unreadable(image: string, cause: NodeJS.ErrnoException): FanlightError {
  const reason =
    { ENOENT: 'there is no such file', EACCES: 'permission denied', EISDIR: 'it is a folder' }[cause.code ?? ''] ??
    cause.message;
  return new FanlightError({
    code: 'not-found',
    message: `${image} cannot be read: ${reason}.`,
    remedy: 'Correct the path or the permissions of the file.',
    cause,
  });
}
