import { readFile, stat } from 'node:fs/promises';
import { imageFileLimit } from '../../processors/fetch-image.js';
import type { ImageStore } from '../../processors/ports.js';
import { FanlightError } from '../../schemas/failure.js';
import { sha256Hex } from '../../schemas/ids.js';
import type { PhotoInput } from './photo-inputs.js';

/**
 * The URL under which the stages find a photo; a file is put into the image store under its sha256 first. An empty file
 * is sent as well: the fetch stage names it, and so it is recorded like every other photo that cannot be tagged.
 * Throws `not-found`, `too-large` (neither is uploaded, so neither becomes a dead letter) and `store-unavailable`.
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

/** The file of a photo. Throws `not-found` and `too-large`. */
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
    { ENOENT: 'there is no such file', EACCES: 'you may not read it', EISDIR: 'it is a folder' }[cause.code ?? ''] ??
    cause.message;
  return new FanlightError({
    code: 'not-found',
    message: `${image} cannot be read: ${reason}.`,
    remedy: 'Correct the path, or the rights of the file.',
    cause,
  });
}
