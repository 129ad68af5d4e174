import { describe, expect, test } from 'vitest';
import { asBucketFailure, asPutFailure } from '../../adapters/stores/object-store.js';

/** An error as the SDK throws it. */
function sdkError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name} happened`), { name, $metadata: { httpStatusCode } });
}

describe('what an answer of S3 means', () => {
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
  ])('to a put: $error.name, $error.message', ({ error, code }) => {
    expect(asPutFailure(error, 'b', 'object k').code).toBe(code);
  });

  test('a request without a record cannot have a record refused', () => {
    expect(asBucketFailure(sdkError('InvalidArgument', 400), 'b').code).toBe('sink-unavailable');
  });

  test('the sentence names the bucket and the reason', () => {
    const error = Object.assign(new Error(''), { name: 'AggregateError', code: 'ECONNREFUSED' });
    expect(asBucketFailure(error, 'photos').message).toBe(
      'bucket photos cannot be reached: AggregateError (ECONNREFUSED).',
    );
  });
});
