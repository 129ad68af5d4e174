import { describe, expect, it } from 'vitest';
import { problemTypes } from '../../http/problems/problem.js';
import type { FailureCode } from '../../schemas/failure.js';
import { FanlightError, failureKinds } from '../../schemas/failure.js';
import { files, gatewayHarness, postImage, postJson } from '../gateway/harness.js';

const url = 'https://photos.example/1.jpg';
const instance = 'request-1';
const withId = { 'x-request-id': instance };

async function problemFor(thrown: unknown) {
  const { app, logLines } = gatewayHarness({
    // A dependency may throw any value, even one that is not an Error.
    tag: () => Promise.reject(thrown),
  });
  const response = await app.request('/v1/tags', postJson({ url }, withId));
  const body: unknown = await response.json();
  return { response, body, logLines };
}

const failure = (code: FailureCode) => new FanlightError({ code, message: 'host db-7 said no', remedy: 'Ask again.' });

const statuses = {
  'invalid-event': 500,
  'unknown-pipeline': 400,
  'deadline-exceeded': 504,
  'job-cancelled': 409,
  'invalid-url': 400,
  'forbidden-address': 403,
  'not-found': 422,
  'refused-by-host': 422,
  'too-many-redirects': 422,
  'too-large': 413,
  'empty-file': 422,
  'host-error': 424,
  'host-unreachable': 424,
  'host-timeout': 424,
  'not-an-image': 422,
  'unsupported-format': 415,
  'too-many-pixels': 422,
  'corrupt-image': 422,
  'decode-timeout': 422,
  'unknown-model': 500,
  'invalid-card': 500,
  'corrupt-weights': 500,
  'insufficient-memory': 503,
  'model-failed': 500,
  'wrong-tensor': 500,
  'store-unavailable': 503,
  'sink-unavailable': 503,
  'sink-rejected': 500,
  'claim-missing': 500,
  'invalid-callback': 400,
  'no-webhook-secret': 400,
  'callback-failed': 502,
  'callback-refused': 502,
  'endpoint-gone': 502,
  'not-ready': 503,
  skipped: 500,
  'unexpected-error': 500,
  'invalid-configuration': 500,
} satisfies Record<FailureCode, number>;

const hidden = {
  detail: 'Fanlight could not answer because of an internal error.',
  remedy: 'Try again. If the error persists, send the request id to the operator of this gateway.',
};

/** Failures of stores, whose problems must not name a host either. */
const stores = {
  'store-unavailable': {
    detail: 'The store of images and results cannot be reached at the moment.',
    remedy: 'Try again after the time in Retry-After.',
  },
  'sink-unavailable': {
    detail: 'A store cannot be reached at the moment.',
    remedy: 'Try again after the time in Retry-After.',
  },
};

describe('a failure of the tagger', () => {
  it.each(Object.entries(statuses) as [FailureCode, number][])(
    '%s is a problem with status %i',
    async (code, status) => {
      const { response, body } = await problemFor(failure(code));
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('retry-after')).toBe(
        code === 'not-ready' ? '2' : status === 503 ? '5' : status === 424 ? '10' : null,
      );
      expect(body).toEqual({
        type: `/problems/${code}`,
        title: problemTypes[code].title,
        status,
        ...(status === 500
          ? hidden
          : code in stores
            ? stores[code as keyof typeof stores]
            : { detail: 'host db-7 said no', remedy: 'Ask again.' }),
        instance,
        code,
      });
    },
  );

  it('has a test case for every failure code', () => {
    expect(Object.keys(statuses).sort()).toEqual(Object.keys(failureKinds).sort());
  });

  it.each([
    { name: 'a defect', thrown: new TypeError("Cannot read properties of undefined (reading 'secret')") },
    { name: 'a string', thrown: 'secret' },
    { name: 'undefined', thrown: undefined },
  ])('$name is logged with its details and hidden from the client', async ({ thrown }) => {
    const { body, logLines } = await problemFor(thrown);
    expect(body).toEqual({
      type: '/problems/unexpected-error',
      title: 'Something unexpected went wrong',
      status: 500,
      ...hidden,
      instance,
      code: 'unexpected-error',
    });
    expect(logLines).toHaveLength(1);
    expect(logLines[0]).toMatchObject({ level: 50, status: 500, requestId: instance });
    if (thrown instanceof Error)
      expect(logLines[0]).toMatchObject({ err: { type: 'TypeError', stack: expect.any(String) as string } });
  });
});

describe('a problem of the request', () => {
  it('lists every invalid field with its JSON pointer', async () => {
    const { app } = gatewayHarness();
    const response = await app.request(
      '/v1/tags',
      postJson({ url: 'ftp://a/b', imageId: '', deadlineMs: 5, colour: 1, 'a/b~c': 1 }, withId),
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      type: '/problems/invalid-request',
      title: 'The request has fields that are missing, unknown or out of range',
      status: 400,
      detail: [
        '#/url: Must be an http or https URL',
        '#/imageId: Must be text of at least one character, without control characters',
        '#/deadlineMs: Too small: expected number to be >=100',
        '#/colour: Unknown field',
        '#/a~1b~0c: Unknown field',
      ].join('; '),
      instance,
      code: 'invalid-request',
      remedy: 'Correct the fields listed in "errors".',
      errors: [
        { detail: 'Must be an http or https URL', pointer: '#/url' },
        { detail: 'Must be text of at least one character, without control characters', pointer: '#/imageId' },
        { detail: 'Too small: expected number to be >=100', pointer: '#/deadlineMs' },
        { detail: 'Unknown field', pointer: '#/colour' },
        { detail: 'Unknown field', pointer: '#/a~1b~0c' },
      ],
    });
  });

  it('lists the existing pipelines when the requested one does not exist', async () => {
    const { app } = gatewayHarness();
    const response = await app.request('/v1/tags', postJson({ url, pipeline: 'cats@9' }, withId));
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        type: '/problems/unknown-pipeline',
        title: 'The pipeline does not exist',
        status: 400,
        detail: 'There is no pipeline "cats@9".',
        instance,
        code: 'unknown-pipeline',
        remedy: 'Name one of listing-photo@1, moderation-only@1.',
      },
    ]);
  });

  it('is 413 for a large image without an image store', async () => {
    const { app } = gatewayHarness({ limits: { inlineBytes: 100 } });
    const response = await app.request('/v1/tags', postImage(files.jpeg(101)));
    expect([response.status, await response.json()]).toEqual([
      413,
      {
        type: '/problems/too-large',
        title: 'The image is too large',
        status: 413,
        detail: 'The image has 101 bytes. This gateway has no image store, so it takes at most 100.',
        instance: '01'.repeat(16),
        code: 'too-large',
        remedy: 'Send at most 100 bytes, or the URL of the image.',
      },
    ]);
  });

  it('is 503 with Retry-After while the gateway is not connected to its queues', async () => {
    const harness = gatewayHarness();
    harness.setReady(false);
    const response = await harness.app.request('/v1/tags', postJson({ url }, withId));
    expect(response.headers.get('retry-after')).toBe('2');
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        type: '/problems/not-ready',
        title: 'The gateway is starting, stopping or disconnected from its queues',
        status: 503,
        detail: 'The gateway is not connected to its queues.',
        instance,
        code: 'not-ready',
        remedy: 'Try again after the time in Retry-After.',
      },
    ]);
  });
});
