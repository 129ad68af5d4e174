import { describe, expect, it } from 'vitest';
import { deriveId, sha256Hex } from '../../schemas/ids.js';
import { files, gatewayHarness, postImage, postJson, startedAt } from './harness.js';

const url = 'https://photos.example/1.jpg';
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('POST /v1/tags', () => {
  it('answers a URL with the complete result of the image', async () => {
    const { app, calls } = gatewayHarness();
    const response = await app.request(
      '/v1/tags',
      postJson({ url, imageId: 'i1', listingId: 'l1', pipeline: 'moderation-only@1', deadlineMs: 500 }),
    );

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      image: url,
      imageId: 'i1',
      listingId: 'l1',
      pipeline: 'moderation-only@1',
      roomType: { name: 'kitchen', score: 0.97 },
      tags: [
        { name: 'kitchen', score: 0.97, model: 'room-type@1' },
        { name: 'oven', score: 0.5, model: 'scene@1', box: { x: 0, y: 0, width: 0.5, height: 0.5 } },
        { name: 'overlay text', score: 0.4, model: 'text-line@1', text: 'SOLD' },
      ],
      models: ['room-type@1', 'scene@1'],
      cached: ['scene@1'],
      timings: { fetch: { queueMs: 1.24, durationMs: 8 }, infer: { queueMs: 0, durationMs: 14.06 } },
      width: 640,
      height: 480,
      contentSha256: 'c'.repeat(64),
    });
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json',
      'server-timing': 'fetch;dur=8, fetch-queue;dur=1.2, infer;dur=14.1, infer-queue;dur=0, total;dur=0',
      'x-request-id': '01'.repeat(16),
      'x-content-type-options': 'nosniff',
      traceparent: `00-${'02'.repeat(16)}-${'03'.repeat(8)}-01`,
    });
    expect(calls).toEqual([
      {
        image: { listingId: 'l1', imageId: 'i1', url, content: null, pipeline: 'moderation-only@1', attributes: {} },
        options: {
          deadline: startedAt + 500,
          traceparent: `00-${'02'.repeat(16)}-${'03'.repeat(8)}-01`,
          signal: expect.any(AbortSignal) as AbortSignal,
        },
      },
    ]);
  });

  it('derives ids from the URL, and defaults to the first pipeline and a deadline of 10 s', async () => {
    const { app, calls } = gatewayHarness();
    await app.request('/v1/tags', postJson({ url }));
    await app.request('/v1/tags', postJson({ url, listingId: 'l1' }));

    const derived = deriveId('url', url);
    expect(
      calls.map(({ image, options }) => [image.imageId, image.listingId, image.pipeline, options.deadline]),
    ).toEqual([
      [derived, derived, 'listing-photo@1', startedAt + 10_000],
      [derived, 'l1', 'listing-photo@1', startedAt + 10_000],
    ]);
  });

  it.each([
    { format: 'jpeg', type: 'image/jpeg' },
    { format: 'png', type: 'image/png' },
    { format: 'webp', type: 'image/webp' },
    { format: 'avif', type: 'image/avif' },
    { format: 'webp', type: 'application/octet-stream' },
    { format: 'png', type: 'image/jpeg' },
    { format: 'jpeg', type: 'IMAGE/JPEG; name=a.jpg' },
  ] as const)('accepts a $format body sent as $type, and sends it inline', async ({ format, type }) => {
    const { app, calls } = gatewayHarness();
    const bytes = files[format]();
    const response = await app.request('/v1/tags?pipeline=moderation-only@1&deadlineMs=700', postImage(bytes, type));

    const derived = deriveId('content', sha256Hex(bytes));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ image: null, imageId: derived, listingId: derived });
    expect(
      calls.map(({ image, options }) => ({
        ...image,
        content: [...(image.content ?? [])],
        deadline: options.deadline,
      })),
    ).toEqual([
      {
        listingId: derived,
        imageId: derived,
        url: null,
        content: [...bytes],
        pipeline: 'moderation-only@1',
        attributes: {},
        deadline: startedAt + 700,
      },
    ]);
  });

  it('sends an image above the inline limit through the store', async () => {
    const stored: [string, number][] = [];
    const images = {
      put: (sha256: string, bytes: Uint8Array) => Promise.resolve(void stored.push([sha256, bytes.length])),
      urlOf: (sha256: string) => `s3://images/${sha256}`,
    };
    const { app, calls } = gatewayHarness({ images, limits: { inlineBytes: 100 } });
    const [small, large] = [files.jpeg(100), files.jpeg(101)];
    await app.request('/v1/tags?imageId=small', postImage(small));
    const response = await app.request('/v1/tags?imageId=large', postImage(large));

    expect(stored).toEqual([[sha256Hex(large), 101]]);
    expect(calls.map(({ image }) => [image.imageId, image.url, image.content?.length])).toEqual([
      ['small', null, 100],
      ['large', `s3://images/${sha256Hex(large)}`, undefined],
    ]);
    expect(await response.json()).toMatchObject({ image: null });
  });

  it('continues the trace and keeps the request id of the client', async () => {
    const { app, calls } = gatewayHarness();
    const headers = { 'x-request-id': 'order-7.retry_1', traceparent: `00-${trace}-00f067aa0ba902b7-00` };
    const response = await app.request('/v1/tags', postJson({ url }, headers));

    const traceparent = `00-${trace}-${'01'.repeat(8)}-00`;
    expect([response.headers.get('x-request-id'), response.headers.get('traceparent')]).toEqual([
      'order-7.retry_1',
      traceparent,
    ]);
    expect(calls[0]?.options.traceparent).toBe(traceparent);
  });

  it.each(['', 'a b', 'x'.repeat(129), 'a"b', '../a', '<b>'])('replaces the invalid request id %j', async (given) => {
    const { app } = gatewayHarness();
    const response = await app.request('/healthz', { headers: { 'x-request-id': given } });
    expect(response.headers.get('x-request-id')).toBe('01'.repeat(16));
  });

  it('answers 504 at the deadline, and aborts the signal of the tagger', async () => {
    const harness = gatewayHarness({ tag: () => new Promise(() => undefined) });
    const answer = harness.app.request('/v1/tags', postJson({ url, deadlineMs: 100 }));
    await expect.poll(() => harness.calls.length).toBe(1);
    harness.clock.advance(99);
    expect(harness.calls[0]?.options.signal.aborted).toBe(false);
    harness.clock.advance(1);

    const response = await answer;
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({
      type: '/problems/deadline-exceeded',
      title: 'The tags were not ready before the deadline',
      status: 504,
      detail: 'The tags were not ready within 100 ms.',
      instance: '01'.repeat(16),
      code: 'deadline-exceeded',
      remedy: 'Try again, or allow more time with deadlineMs.',
    });
    expect(harness.calls[0]?.options.signal.aborted).toBe(true);
  });

  it('aborts the signal of the tagger when the client disconnects', async () => {
    const client = new AbortController();
    const harness = gatewayHarness({ tag: () => new Promise(() => undefined) });
    const answer = harness.app.request('/v1/tags', { ...postJson({ url }), signal: client.signal });
    await expect.poll(() => harness.calls.length).toBe(1);
    client.abort();

    expect((await answer).status).toBe(499);
    expect(harness.calls[0]?.options.signal.aborted).toBe(true);
  });
});
