import { describe, expect, it } from 'vitest';
import { FanlightError, type FailureCode } from '../../schemas/failure.js';
import { gatewayHarness, postImage, postJson, resultOf, files, type Call } from './harness.js';

const url = (n: number | string) => `https://photos.example/${n}.jpg`;
const images = (...names: (number | string)[]) => names.map((name) => ({ url: url(name) }));
const never = () => new Promise<never>(() => undefined);
const failure = (code: FailureCode) => new FanlightError({ code, message: `It is ${code}.`, remedy: 'Ask again.' });

interface Answer {
  readonly failed: number;
  readonly images: readonly {
    readonly image: string;
    readonly imageId: string;
    readonly tags?: readonly { name: string }[];
    readonly problem?: Record<string, unknown>;
  }[];
}

/** The tags or the problem code of each image, in the order of the answer. */
function outcomesOf({ failed, images: all }: Answer) {
  return {
    failed,
    images: all.map(({ image, tags, problem }) => [
      image,
      tags?.map(({ name }) => name).join(' ') ?? problem?.['code'],
    ]),
  };
}

/** A tagger that fails for some URLs. */
const failing =
  (codes: Readonly<Record<string, FailureCode>>) =>
  ({ image }: Call) => {
    const code = codes[image.url ?? ''];
    return code === undefined ? Promise.resolve(resultOf(image)) : Promise.reject(failure(code));
  };

describe('POST /v1/tags with several images', () => {
  it('requests all images at once, and answers in the order of the request', async () => {
    const held: (() => void)[] = [];
    const { app, calls } = gatewayHarness({
      tag: ({ image }) => new Promise((resolve) => held.push(() => resolve(resultOf(image)))),
    });
    const answer = app.request(
      '/v1/tags',
      postJson({
        images: [{ url: url(1), imageId: 'a', listingId: 'l' }, { url: url(2) }, { url: url(3), imageId: 'c' }],
        pipeline: 'moderation-only@1',
      }),
    );
    await expect.poll(() => calls.length).toBe(3);
    for (const release of held.reverse()) release();

    const response = await answer;
    const body = (await response.json()) as Answer;
    expect(response.status).toBe(200);
    expect(outcomesOf(body)).toEqual({
      failed: 0,
      images: [
        [url(1), 'kitchen oven overlay text'],
        [url(2), 'kitchen oven overlay text'],
        [url(3), 'kitchen oven overlay text'],
      ],
    });
    expect(calls.map(({ image }) => [image.url, image.pipeline])).toEqual(
      [1, 2, 3].map((n) => [url(n), 'moderation-only@1']),
    );
    expect([body.images[0]?.imageId, body.images[2]?.imageId]).toEqual(['a', 'c']);
  });

  it('answers with a problem for each failed image, and with tags for the others', async () => {
    const { app, logLines } = gatewayHarness({ tag: failing({ [url(2)]: 'not-found', [url(3)]: 'model-failed' }) });
    const response = await app.request('/v1/tags', postJson({ images: images(1, 2, 3) }, { 'x-request-id': 'r1' }));
    const body = (await response.json()) as Answer;
    expect([response.status, outcomesOf(body)]).toEqual([
      200,
      {
        failed: 2,
        images: [
          [url(1), 'kitchen oven overlay text'],
          [url(2), 'not-found'],
          [url(3), 'model-failed'],
        ],
      },
    ]);
    expect(body.images[1]).toEqual({
      image: url(2),
      imageId: expect.any(String) as string,
      listingId: expect.any(String) as string,
      problem: {
        type: '/problems/not-found',
        title: 'There is no image at the URL',
        status: 422,
        detail: 'It is not-found.',
        instance: 'r1#/images/1',
        code: 'not-found',
        remedy: 'Ask again.',
      },
    });
    // An internal error is hidden from the client and logged.
    expect(body.images[2]?.problem?.['detail']).toBe('Fanlight could not answer because of an internal error.');
    expect(logLines.map(({ msg, level, failed, code }) => [msg, level, failed ?? code])).toEqual([
      ['image failed', 50, 'model-failed'],
      ['request', 30, { 'not-found': 1, 'model-failed': 1 }],
    ]);
  });

  it('answers at the deadline with the finished images, and with problems for the others', async () => {
    const { app, calls, clock } = gatewayHarness({
      tag: ({ image }) => (image.url === url(2) ? never() : Promise.resolve(resultOf(image))),
    });
    const answer = app.request('/v1/tags', postJson({ images: images(1, 2, 3), deadlineMs: 200 }));
    await expect.poll(() => calls.length).toBe(3);
    clock.advance(200);
    const response = await answer;
    const body = (await response.json()) as Answer;
    expect([response.status, outcomesOf(body)]).toEqual([
      200,
      {
        failed: 1,
        images: [
          [url(1), 'kitchen oven overlay text'],
          [url(2), 'deadline-exceeded'],
          [url(3), 'kitchen oven overlay text'],
        ],
      },
    ]);
    expect(body.images[1]?.problem?.['detail']).toBe('The tags were not ready within 200 ms.');
    expect(new Set(calls.map(({ options }) => options.deadline)).size).toBe(1);
    expect(calls.map(({ options }) => options.signal.aborted)).toEqual([false, true, false]);
  });

  it.each<[string, Readonly<Record<string, FailureCode>>, number]>([
    ['the same failure of the gateway', { [url(1)]: 'store-unavailable', [url(2)]: 'store-unavailable' }, 503],
    ['the deadline', { [url(1)]: 'deadline-exceeded', [url(2)]: 'deadline-exceeded' }, 504],
    ['an internal error', { [url(1)]: 'model-failed', [url(2)]: 'model-failed' }, 500],
    ['different reasons', { [url(1)]: 'store-unavailable', [url(2)]: 'deadline-exceeded' }, 200],
    ['a failure of the images', { [url(1)]: 'not-found', [url(2)]: 'not-found' }, 200],
    ['a failure of their host', { [url(1)]: 'host-unreachable', [url(2)]: 'host-unreachable' }, 200],
  ])('has the right status when all images fail because of %s: %j %i', async (_name, codes, status) => {
    const { app } = gatewayHarness({ tag: failing(codes) });
    const response = await app.request('/v1/tags', postJson({ images: images(1, 2) }));
    const body = (await response.json()) as Answer & { code?: string };
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      status === 200 ? 'application/json' : 'application/problem+json',
    ]);
    expect(status === 200 ? body.failed : body.code).toBe(status === 200 ? 2 : codes[url(1)]);
  });

  it('tags a repeated URL with the same ids once, and answers for each occurrence', async () => {
    const { app, calls } = gatewayHarness();
    const response = await app.request(
      '/v1/tags',
      postJson({ images: [...images(1, 2, 1), { url: url(1), imageId: 'mine' }] }),
    );
    expect(outcomesOf((await response.json()) as Answer).images.map(([image]) => image)).toEqual([
      url(1),
      url(2),
      url(1),
      url(1),
    ]);
    expect(calls.map(({ image }) => [image.url, image.imageId === 'mine'])).toEqual([
      [url(1), false],
      [url(2), false],
      [url(1), true],
    ]);
  });

  it('accepts 16 images without a leak warning, and refuses 17', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const { app, calls } = gatewayHarness();
    const request = async (count: number) => {
      const response = await app.request(
        '/v1/tags',
        postJson({ images: images(...Array.from({ length: count }, (_, n) => n)) }),
      );
      return [response.status, ((await response.json()) as { errors?: unknown }).errors];
    };
    expect(await request(16)).toEqual([200, undefined]);
    expect(await request(17)).toEqual([
      400,
      [{ detail: 'Too big: expected array to have <=16 items', pointer: '#/images' }],
    ]);
    expect(calls).toHaveLength(16);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('names every invalid field by its JSON pointer, and tags nothing', async () => {
    const { app, calls } = gatewayHarness();
    const document = {
      images: [{ url: url(1) }, { url: 'ftp://a/b', imageId: '' }, { link: url(1) }, 7],
      url: url(1),
      pipeline: 'listing-photo@1',
      models: ['scene@1'],
      thresholds: { oven: 2, 'a/b': 'much' },
      deadlineMs: 5,
    };
    const response = await app.request('/v1/tags', postJson(document));
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect([response.status, errors.map(({ pointer }) => pointer).sort()]).toEqual([
      400,
      [
        '#/deadlineMs',
        '#/images/1/imageId',
        '#/images/1/url',
        '#/images/2/link',
        '#/images/2/url',
        '#/images/3',
        '#/models',
        '#/thresholds/a~1b',
        '#/thresholds/oven',
        '#/url',
      ],
    ]);
    expect(calls).toEqual([]);
  });

  it('aborts all images when the client disconnects', async () => {
    const client = new AbortController();
    const { app, calls } = gatewayHarness({ tag: never });
    const answer = app.request('/v1/tags', { ...postJson({ images: images(1, 2) }), signal: client.signal });
    await expect.poll(() => calls.length).toBe(2);
    client.abort();
    expect((await answer).status).toBe(499);
    expect(calls.map(({ options }) => options.signal.aborted)).toEqual([true, true]);
  });

  it('has the stages of the slowest image and the total in Server-Timing', async () => {
    const { app } = gatewayHarness({
      tag: ({ image }) =>
        Promise.resolve({
          ...resultOf(image),
          timings: { infer: image.url === url(2) ? { queueMs: 90, durationMs: 10 } : { queueMs: 1, durationMs: 60 } },
        }),
    });
    const response = await app.request('/v1/tags', postJson({ images: images(1, 2, 3) }));
    expect(response.headers.get('server-timing')).toBe('infer;dur=10, infer-queue;dur=90, total;dur=0');
  });
});

describe('thresholds', () => {
  it.each<[string, unknown, string[]]>([
    ['none', undefined, ['kitchen', 'oven', 'overlay text']],
    ['a number for all', 0.6, ['kitchen']],
    ['the score itself', 0.5, ['kitchen', 'oven']],
    ['a number for one', { kitchen: 0.98 }, ['oven', 'overlay text']],
    ['numbers for unknown tags', { cat: 1, toString: 1 }, ['kitchen', 'oven', 'overlay text']],
  ])('filter the tags: %s', async (_name, thresholds, names) => {
    const { app } = gatewayHarness();
    const body = (await (await app.request('/v1/tags', postJson({ url: url(1), thresholds }))).json()) as {
      tags: { name: string }[];
      roomType: unknown;
    };
    expect([body.tags.map(({ name }) => name), body.roomType]).toEqual([names, { name: 'kitchen', score: 0.97 }]);
  });

  it('are read from the query for a file', async () => {
    const { app } = gatewayHarness();
    const ask = async (text: string) => {
      const response = await app.request(`/v1/tags?thresholds=${text}`, postImage(files.jpeg()));
      return response.status === 200 ? ((await response.json()) as { tags: unknown[] }).tags.length : response.status;
    };
    expect(await Promise.all(['0.6', '0', '1', '1.1', '-1', 'x'].map(ask))).toEqual([1, 3, 0, 400, 400, 400]);
  });
});

describe('the field models', () => {
  it.each<[readonly string[], string, string[], boolean]>([
    [['scene@1'], 'listing-photo@1', ['oven'], false],
    [['room-type@1', 'scene@1'], 'listing-photo@1', ['kitchen', 'oven'], true],
  ])(
    '%j selects the smallest pipeline with all of them, and only their tags',
    async (models, pipeline, names, room) => {
      const { app, calls } = gatewayHarness();
      const body = (await (await app.request('/v1/tags', postJson({ url: url(1), models }))).json()) as {
        tags: { name: string }[];
        roomType: unknown;
      };
      expect([calls[0]?.image.pipeline, body.tags.map(({ name }) => name), body.roomType !== null]).toEqual([
        pipeline,
        names,
        room,
      ]);
    },
  );

  it('selects the smallest pipeline when several run the models', async () => {
    const { app, calls } = gatewayHarness({
      tag: ({ image }) => Promise.resolve({ ...resultOf(image), models: ['moderation@1'] }),
    });
    const response = await app.request('/v1/tags?models=moderation@1', postImage(files.jpeg()));
    expect([response.status, calls[0]?.image.pipeline]).toEqual([200, 'moderation-only@1']);
  });

  it('is refused for models that no pipeline runs; the answer lists the available ones', async () => {
    const { app, calls } = gatewayHarness();
    const response = await app.request('/v1/tags', postJson({ url: url(1), models: ['cats@9', 'scene@1'] }));
    expect([response.status, await response.json()]).toMatchObject([
      400,
      {
        code: 'unavailable-models',
        detail: 'No pipeline runs cats@9.',
        remedy:
          'Choose from the models of one pipeline: listing-photo@1 runs moderation@1, room-type@1, scene@1; moderation-only@1 runs moderation@1.',
      },
    ]);
    expect(calls).toEqual([]);
  });

  it('is answered with 409 when another version of a model answered', async () => {
    const { app } = gatewayHarness({
      tag: ({ image }) => Promise.resolve({ ...resultOf(image), models: ['room-type@2', 'scene@1'] }),
    });
    const response = await app.request('/v1/tags', postJson({ url: url(1), models: ['room-type@1'] }));
    expect([response.status, await response.json()]).toMatchObject([
      409,
      {
        code: 'models-not-served',
        detail: 'room-type@1 did not answer. The models that answered are room-type@2, scene@1.',
      },
    ]);
  });
});
