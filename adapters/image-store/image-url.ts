import { FanlightError } from '../../schemas/failure.js';

/** The folder of two hex digits keeps listings of the bucket, and directories of file-backed stores, short. */
export function imageKey(sha256: string): string {
  return `sha256/${sha256.slice(0, 2)}/${sha256}`;
}

export function imageUrl(bucket: string, sha256: string): string {
  return `s3://${bucket}/${imageKey(sha256)}`;
}

/** Returns the literal key of `s3://<bucket>/<key>`. Throws `invalid-url`, also for any other bucket. */
export function keyOfUrl(url: string, bucket: string): string {
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(url);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw invalidUrl('The URL is not of the form s3://<bucket>/<key>.');
  }
  if (match[1] !== bucket) throw invalidUrl(`The bucket "${match[1]}" is not the image store, which is "${bucket}".`);
  return match[2];
}

function invalidUrl(message: string): FanlightError {
  return new FanlightError({
    code: 'invalid-url',
    message,
    remedy: 'Send the http(s) URL of the image, or upload it to the image store first.',
  });
}

/** For an object that is larger than the caller's limit. */
export function storedImageTooLarge(url: string, limitBytes: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `The file at ${url} is larger than the ${limitBytes} bytes allowed.`,
    remedy: 'Store a smaller rendition of the photo.',
  });
}
