import { describe, expect, test } from 'vitest';
import { asBucketFailure, asPutFailure } from '../../adapters/stores/object-store.js';

/** Returns an error as the SDK throws it. */
function sdkError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name} happened`), { name, $metadata: { httpStatusCode } });
}

describe('failures of S3', () => {
  test.each([
    { error: sdkError('KeyTooLongError', 400), code: 'sink-rejected' },
    { error: sdkError('EntityTooLarge', 400), code: 'sink-rejected' },
    { error: sdkError('RequestTimeout', 400), code: 'sink-unavailable' },
    { error: sdkError('ExpiredToken', 400), code: 'sink-unavailable' },
    { error: sdkError('TooManyRequests', 429), code: 'sink-unavailable' },
    { error: sdkError('SlowDown', 503), code: 'sink-unavailable' },
    { error: sdkError('InternalError', 500), code: 'sink-unavailable' },
    { error: sdkError('AccessDenied', 403), code: 'invalid-configuration' },
    { error: sdkError('NoSuchBucket', 404), code: 'invalid-configuration' },
    { error: sdkError('PermanentRedirect', 301), code: 'invalid-configuration' },
    { error: sdkError('NotImplemented', 501), code: 'invalid-configuration' },
    { error: Object.assign(new Error('no keys'), { name: 'CredentialsProviderError' }), code: 'invalid-configuration' },
    { error: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), code: 'sink-unavailable' },
    { error: Object.assign(new Error('aborted'), { name: 'AbortError' }), code: 'sink-unavailable' },
  ])('a put that fails with $error.name ($error.message) is $code', ({ error, code }) => {
    expect(asPutFailure(error, 'b', 'object k').code).toBe(code);
  });

  test('a 400 to a request without a record is sink-unavailable, not sink-rejected', () => {
    expect(asBucketFailure(sdkError('InvalidArgument', 400), 'b').code).toBe('sink-unavailable');
  });

  test('the message names the bucket and the reason', () => {
    const error = Object.assign(new Error(''), { name: 'AggregateError', code: 'ECONNREFUSED' });
    expect(asBucketFailure(error, 'photos').message).toBe(
      'bucket photos cannot be reached: AggregateError (ECONNREFUSED).',
    );
  });
});
