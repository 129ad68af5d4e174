import { FanlightError } from '../../schemas/failure.js';

export const readableFormats = 'JPEG, PNG, WebP, GIF, TIFF or AVIF';

export function emptyFile(): FanlightError {
  return new FanlightError({
    code: 'empty-file',
    message: 'The image file is empty.',
    remedy: 'Check the upload that produced it and send the image again.',
  });
}

/** `looks` is a noun phrase such as "an HTML page". */
export function notAnImage(looks: string): FanlightError {
  return new FanlightError({
    code: 'not-an-image',
    message: `The file looks like ${looks}, not like an image.`,
    remedy: 'Check that the URL leads to the image itself, not to a page about it.',
  });
}

/** `looks` is a noun phrase such as "a HEIC image". */
export function unsupportedFormat(looks: string): FanlightError {
  return new FanlightError({
    code: 'unsupported-format',
    message: `The file looks like ${looks}, which Fanlight does not read.`,
    remedy: `Convert it to ${readableFormats}.`,
  });
}

export function tooManyPixels(width: number, height: number, limit: number): FanlightError {
  return new FanlightError({
    code: 'too-many-pixels',
    message: `The image has ${width}×${height} pixels, more than the ${Math.floor(limit / 1e6)} million allowed.`,
    remedy: 'Send a smaller rendition of the photo.',
  });
}

export function corruptImage(detail: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'corrupt-image',
    message: `The image is damaged or incomplete: ${detail}.`,
    remedy: 'Upload the photo again; a viewer may show its intact part only.',
    cause,
  });
}

export function decodeTimeout(seconds: number): FanlightError {
  return new FanlightError({
    code: 'decode-timeout',
    message: `Decoding the image took longer than ${seconds} seconds.`,
    remedy: 'Save the photo again in a common encoding, such as baseline JPEG.',
  });
}
