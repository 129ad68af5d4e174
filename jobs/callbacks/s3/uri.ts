import type { CallbackTarget } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { invalidCallback, unlisted } from '../failures.js';

/** Parses `s3://BUCKET/PREFIX`. The place is `BUCKET/PREFIX`, without a slash at its end. */
export function parsePrefix(uri: string, { buckets }: CallbackConfig): Omit<CallbackTarget, 'kind'> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(uri) ?? [];
  if (bucket === '') throw invalidCallback('The callback names no bucket.', 'Use s3://BUCKET/PREFIX.');
  if (!buckets.includes(bucket)) throw unlisted(`the bucket ${bucket}`, 'FANLIGHT_CALLBACK_BUCKETS');
  if (/[^\x20-\x7e]/.test(prefix) || prefix.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw invalidCallback(
      'The prefix of the callback has a character or a segment that some stores change.',
      'Use printable ASCII, and neither "." nor ".." between slashes.',
    );
  }
  return {
    endpoint: `s3://${bucket}`,
    place: [bucket, ...prefix.split('/').filter((segment) => segment !== '')].join('/'),
  };
}
