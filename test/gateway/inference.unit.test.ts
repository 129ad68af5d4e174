import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../gateway/admission/admission.js';
import type { Guard } from '../../http/clients/guard.js';
import { anonymousCaller } from '../../http/context.js';
import { ProblemError } from '../../http/problems/problem.js';
import { bytesOfFloats, floatsOfBytes } from '../../primitives/float-bytes.js';
import { FanlightError } from '../../schemas/failure.js';
import { gatewayHarness, outputOf, startedAt } from './harness.js';

const pixels = (items: number) => Array.from({ length: items * 12 }, (_, value) => value);
const tensor = (items: number, more: object = {}) => ({
  name: 'input',
  datatype: 'UINT8',
  shape: [items, 2, 2, 3],
  data: pixels(items),
  ...more,
});
const asked = (document: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers,
  body: JSON.stringify(document),
});
const path = '/v2/models/scene/versions/1/infer';

/** A request of JSON followed by bytes. */
function withBytes(document: object, parts: readonly Uint8Array[], headers: Record<string, string> = {}): RequestInit {
  const json = Buffer.from(JSON.stringify(document));
  return {
    method: 'POST',
    headers: { 'inference-header-content-length': `${json.length}`, ...headers },
    body: Uint8Array.from(Buffer.concat([json, ...parts])),
  };
}

const errorOf = async (response: Response) => [response.status, ((await response.json()) as { error: string }).error];

describe('metadata and health of the inference protocol', () => {
  it.each<[string, string, unknown]>([
    ['GET', '/v2/health/live', { live: true }],
    ['GET', '/v2/health/ready', { ready: true }],
    [
      'GET',
      '/v2',
      {
        name: 'fanlight',
        version: '0.1.0',
        extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository'],
      },
    ],
    [
      'GET',
      '/v2/models/room-type',
      {
        name: 'room-type',
        versions: ['2', 'stable'],
        platform: 'fanlight_linear',
        inputs: [
          { name: 'scene@1/features', datatype: 'FP32', shape: [-1, 3] },
          { name: 'objects@2/detections', datatype: 'FP32', shape: [-1, 2] },
        ],
        outputs: [{ name: 'probs', datatype: 'FP32', shape: [-1, 2] }],
      },
    ],
    [
      'GET',
      '/v2/models/overlay-text/versions/1',
      {
        name: 'overlay-text',
        versions: ['1'],
        platform: 'fanlight_onnx',
        inputs: [{ name: 'input', datatype: 'UINT8', shape: [-1, -1, -1, 3] }],
        outputs: [{ name: 'coverage', datatype: 'FP32', shape: [-1] }],
      },
    ],
    [
      'GET',
      '/v2/models/scene/config',
      {
        name: 'scene',
        platform: 'fanlight_onnx',
        backend: 'onnx',
        max_batch_size: 4,
        input: [{ name: 'input', data_type: 'TYPE_UINT8', dims: [2, 2, 3] }],
        output: [{ name: 'probs', data_type: 'TYPE_FP32', dims: [2] }],
      },
    ],
    ['GET', '/v2/models/scene/versions/10/ready', { name: 'scene', ready: true }],
    [
      'POST',
      '/v2/repository/index',
      [
        ['overlay-text', '1'],
        ['room-type', '2'],
        ['room-type', 'stable'],
        ['scene', '1'],
        ['scene', '10'],
        ['scene', '9'],
      ].map(([name, version]) => ({ name, version, state: 'READY', reason: '' })),
    ],
  ])('answers %s %s', async (method, where, wanted) => {
    const response = await gatewayHarness().app.request(where, { method });
    expect([response.status, await response.json()]).toEqual([200, wanted]);
  });

  it.each(['/v2/health/ready', '/v2/models/scene/ready'])(
    '%s is 503 while the gateway is not connected to the queue',
    async (where) => {
      const harness = gatewayHarness();
      harness.setReady(false);
      const response = await harness.app.request(where);
      expect([response.headers.get('retry-after'), ...(await errorOf(response))]).toEqual([
        '2',
        503,
        'The gateway is shutting down, or not connected to the queue for inference. Send requests to another instance, or try again after the time in Retry-After. (not-ready)',
      ]);
    },
  );
});

describe('infer', () => {
  it('sends tensors to the model and answers with all of its outputs', async () => {
    const { app, modelCalls } = gatewayHarness();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const response = await app.request(path, asked({ id: 'mine', inputs: [tensor(2)] }, { traceparent }));
    expect([response.status, response.headers.get('content-type'), response.headers.get('server-timing')]).toEqual([
      200,
      'application/json',
      'models;dur=14.1, models-queue;dur=1.2, total;dur=0',
    ]);
    expect(await response.json()).toEqual({
      model_name: 'scene',
      model_version: '1',
      id: 'mine',
      outputs: [
        { name: 'probs', datatype: 'FP32', shape: [2, 2], data: [0, 1, 2, 3] },
        { name: 'features', datatype: 'FP32', shape: [2, 3], data: [0, 1, 2, 3, 4, 5] },
      ],
    });
    expect(modelCalls).toEqual([
      {
        input: {
          model: 'scene@1',
          items: 2,
          inputs: { input: { dtype: 'uint8', shape: [2, 2, 3], data: Uint8Array.from(pixels(2)) } },
        },
        options: {
          deadline: startedAt + 10_000,
          signal: expect.any(AbortSignal) as AbortSignal,
          traceparent: expect.stringContaining('4bf92f3577b34da6a3ce929d0e0e4736') as string,
        },
      },
    ]);
  });

  it.each<[string, RequestInit]>([
    [
      'nested lists',
      asked({
        inputs: [
          tensor(1, {
            data: [
              [
                [
                  [0, 1, 2],
                  [3, 4, 5],
                ],
                [
                  [6, 7, 8],
                  [9, 10, 11],
                ],
              ],
            ],
          }),
        ],
      }),
    ],
    [
      'bytes after the JSON',
      withBytes({ inputs: [tensor(1, { data: undefined, parameters: { binary_data_size: 12 } })] }, [
        Uint8Array.from(pixels(1)),
      ]),
    ],
    [
      'gzip',
      {
        method: 'POST',
        headers: { 'content-encoding': 'gzip' },
        body: Uint8Array.from(gzipSync(JSON.stringify({ inputs: [tensor(1)] }))),
      },
    ],
    [
      'deflate',
      {
        method: 'POST',
        headers: { 'content-encoding': 'deflate' },
        body: Uint8Array.from(deflateSync(JSON.stringify({ inputs: [tensor(1)] }))),
      },
    ],
    [
      'unknown members and parameters',
      asked({ inputs: [{ ...tensor(1), colour: 'red' }], parameters: { priority: 3, mood: 'good' }, more: 1 }),
    ],
  ])('accepts %s', async (_name, init) => {
    const { app, modelCalls } = gatewayHarness();
    expect((await app.request(path, init)).status).toBe(200);
    expect(modelCalls.map(({ input }) => [...(input.inputs['input']?.data ?? [])])).toEqual([pixels(1)]);
  });

  it('accepts several inputs in any order, some as bytes, for an alias', async () => {
    const { app, modelCalls } = gatewayHarness();
    const [features, detections] = [Float32Array.of(0.5, 1.5, -2), Float32Array.of(3, 4)];
    const response = await app.request(
      '/v2/models/room-type/versions/stable/infer',
      withBytes(
        {
          inputs: [
            { name: 'objects@2/detections', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
            { name: 'scene@1/features', datatype: 'FP32', shape: [1, 3], data: [...features] },
          ],
        },
        [bytesOfFloats(detections)],
      ),
    );
    expect(await response.json()).toMatchObject({ model_name: 'room-type', model_version: '2' });
    const [{ input } = { input: undefined }] = modelCalls;
    expect([
      input?.model,
      ...Object.entries(input?.inputs ?? {}).map(([name, { data }]) => [name, floatsOfBytes(data)]),
    ]).toEqual(['room-type@stable', ['scene@1/features', features], ['objects@2/detections', detections]]);
  });

  it('defaults to the version with the highest number, and accepts variable sides', async () => {
    const { app, modelCalls } = gatewayHarness();
    await app.request('/v2/models/scene/infer', asked({ inputs: [tensor(1)] }));
    for (const [height, width] of [
      [2, 4],
      [4, 4],
    ] as const) {
      const data = Array<number>(height * width * 3).fill(1);
      await app.request(
        '/v2/models/overlay-text/infer',
        asked({ inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, height, width, 3], data }] }),
      );
    }
    expect(modelCalls.map(({ input }) => [input.model, input.inputs['input']?.shape])).toEqual([
      ['scene@10', [2, 2, 3]],
      ['overlay-text@1', [2, 4, 3]],
      ['overlay-text@1', [4, 4, 3]],
    ]);
  });

  it('returns the requested outputs in the requested form', async () => {
    const { app } = gatewayHarness();
    const response = await app.request(
      path,
      asked({
        inputs: [tensor(1)],
        outputs: [{ name: 'features', parameters: { binary_data: true } }, { name: 'probs' }],
      }),
    );
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    expect([
      response.headers.get('content-type'),
      JSON.parse(body.subarray(0, length).toString()),
      [...floatsOfBytes(body.subarray(length))],
    ]).toEqual([
      'application/octet-stream',
      {
        model_name: 'scene',
        model_version: '1',
        outputs: [
          { name: 'features', datatype: 'FP32', shape: [1, 3], parameters: { binary_data_size: 12 } },
          { name: 'probs', datatype: 'FP32', shape: [1, 2], data: [0, 1] },
        ],
      },
      [0, 1, 2],
    ]);
    const all = await app.request(path, asked({ inputs: [tensor(1)], parameters: { binary_data_output: true } }));
    expect((await all.arrayBuffer()).byteLength - Number(all.headers.get('inference-header-content-length'))).toBe(
      4 * (2 + 3),
    );
  });

  it('returns classes instead of values, as texts in the JSON or after it', async () => {
    const { app } = gatewayHarness();
    const outputs = [
      { name: 'probs', parameters: { classification: 1 } },
      { name: 'features', parameters: { classification: 9, binary_data: true } },
      { name: 'probs', parameters: { classification: 0 } },
    ];
    const response = await app.request(path, asked({ inputs: [tensor(2)], outputs }));
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    expect((JSON.parse(body.subarray(0, length).toString()) as { outputs: object[] }).outputs).toEqual([
      { name: 'probs', datatype: 'BYTES', shape: [2, 1], data: ['1.000000:1:bathroom', '3.000000:1:bathroom'] },
      { name: 'features', datatype: 'BYTES', shape: [2, 3], parameters: { binary_data_size: 6 * (4 + 10) } },
      { name: 'probs', datatype: 'FP32', shape: [2, 2], data: [0, 1, 2, 3] },
    ]);
    const texts = ['2.000000:2', '1.000000:1', '0.000000:0', '5.000000:2', '4.000000:1', '3.000000:0'];
    expect(body.subarray(length)).toEqual(
      Buffer.concat(texts.map((text) => Buffer.concat([Buffer.of(text.length, 0, 0, 0), Buffer.from(text)]))),
    );
  });

  it.each<[string | undefined, string | null]>([
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['gzip;q=0.5, deflate', 'deflate'],
    ['br, identity', null],
    ['gzip;q=0', null],
    [undefined, null],
  ])('answers Accept-Encoding %s with the encoding %s for large answers', async (accepted, encoding) => {
    const sides = { probs: [2], features: [3] };
    const answerOf = async (items: number) => {
      const values = (name: keyof typeof sides) => bytesOfFloats(new Float32Array(items * sides[name][0]!).fill(0.25));
      const { app } = gatewayHarness({
        infer: () =>
          Promise.resolve({
            model: 'scene@1',
            items,
            outputs: { probs: values('probs'), features: values('features') },
            timings: {},
          }),
      });
      return app.request(
        path,
        asked({ inputs: [tensor(1)] }, accepted === undefined ? {} : { 'accept-encoding': accepted }),
      );
    };
    const [small, large] = [await answerOf(1), await answerOf(400)];
    expect([small, large].map(({ headers }) => [headers.get('content-encoding'), headers.get('vary')])).toEqual([
      [null, 'accept-encoding'],
      [encoding, 'accept-encoding'],
    ]);
    const bytes = Buffer.from(await large.arrayBuffer());
    const body = encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'deflate' ? inflateSync(bytes) : bytes;
    expect(JSON.parse(body.toString())).toMatchObject({
      outputs: [{ shape: [400, 2], data: Array<number>(800).fill(0.25) }, { shape: [400, 3] }],
    });
  });

  it('takes the deadline from the parameter timeout, in microseconds', async () => {
    const harness = gatewayHarness({ infer: () => new Promise(() => undefined) });
    const answer = harness.app.request(path, asked({ inputs: [tensor(1)], parameters: { timeout: 250_000 } }));
    await expect.poll(() => harness.modelCalls).toHaveLength(1);
    expect(harness.modelCalls[0]?.options.deadline).toBe(startedAt + 250);
    harness.clock.advance(250);
    expect(await errorOf(await answer)).toEqual([
      504,
      'scene@1 did not answer within 250 ms. Try again, or allow more time with the parameter timeout. (deadline-exceeded)',
    ]);
    expect(harness.modelCalls[0]?.options.signal.aborted).toBe(true);
  });
});

describe('an invalid inference request', () => {
  const one = tensor(1);
  const sentences: [string, RequestInit, number, string][] = [
    [
      'another name',
      asked({ inputs: [{ ...one, name: 'image' }] }),
      400,
      'scene@1 has no input "image"; it takes "input".',
    ],
    ['an input twice', asked({ inputs: [one, one] }), 400, 'The request has an input of scene@1 twice.'],
    [
      'another datatype',
      asked({ inputs: [{ ...one, datatype: 'FP32' }] }),
      400,
      'scene@1 takes "input" as UINT8 [-1,2,2,3], not as FP32 [1,2,2,3].',
    ],
    [
      'another shape',
      asked({ inputs: [{ ...one, shape: [1, 3, 2, 2] }] }),
      400,
      'scene@1 takes "input" as UINT8 [-1,2,2,3], not as UINT8 [1,3,2,2].',
    ],
    [
      'no dimension for items',
      asked({ inputs: [{ ...one, shape: [2, 2, 3] }] }),
      400,
      'scene@1 takes "input" as UINT8 [-1,2,2,3], not as UINT8 [2,2,3].',
    ],
    ['too many items', asked({ inputs: [tensor(5)] }), 400, 'scene@1 takes 1 to 4 items in a request, not 5.'],
    ['no items', asked({ inputs: [tensor(0)] }), 400, 'scene@1 takes 1 to 4 items in a request, not 0.'],
    [
      'too few values',
      asked({ inputs: [{ ...one, data: [1, 2, 3] }] }),
      400,
      'The input "input" has 3 values, but [1,2,2,3] takes 12.',
    ],
    ['no values', asked({ inputs: [{ ...one, data: undefined }] }), 400, 'The input "input" has no list of data.'],
    [
      'values out of range',
      asked({ inputs: [{ ...one, data: pixels(1).map((value) => value + 250) }] }),
      400,
      'The input "input" has a value that is not a whole number from 0 to 255.',
    ],
    [
      'values deeper than the shape',
      asked({ inputs: [{ ...one, data: [[[[[[1]]]]]] }] }),
      400,
      'The input "input" has 1 values, but [1,2,2,3] takes 12.',
    ],
    [
      'another output',
      asked({ inputs: [one], outputs: [{ name: 'logits' }] }),
      400,
      'scene@1 has no output "logits"; its outputs are "probs", "features".',
    ],
    [
      'a wrong number of classes',
      asked({ inputs: [one], outputs: [{ name: 'probs', parameters: { classification: -1 } }] }),
      400,
      'The classification of the output "probs" is -1, which is not a number of classes.',
    ],
    [
      'shared memory for an output',
      asked({ inputs: [one], outputs: [{ name: 'probs', parameters: { shared_memory_region: 'a' } }] }),
      400,
      'The output "probs" has shared_memory_region, which Fanlight does not support.',
    ],
    [
      'a sequence',
      asked({ inputs: [one], parameters: { sequence_id: 7 } }),
      400,
      'The request is part of a sequence, but the models keep no state between requests.',
    ],
    [
      'a timeout out of bounds',
      asked({ inputs: [one], parameters: { timeout: 5 } }),
      400,
      'The parameter timeout is 5, which is not between 100000 and 60000000 microseconds.',
    ],
    [
      'no inputs',
      asked({ inputs: [] }),
      400,
      '#/inputs: Too small: expected array to have >=1 items. (invalid-request)',
    ],
    ['no JSON', { method: 'POST', body: 'pixels' }, 400, 'The request cannot be read as JSON in UTF-8: '],
    [
      'an unknown compression',
      asked({ inputs: [one] }, { 'content-encoding': 'br' }),
      415,
      'The body has the content encoding "br".',
    ],
    [
      'uncompressed bytes with a Content-Encoding',
      asked({ inputs: [one] }, { 'content-encoding': 'gzip' }),
      400,
      'The body is not gzip: ',
    ],
    [
      'a JSON length above the body',
      asked({ inputs: [one] }, { 'inference-header-content-length': '9999' }),
      400,
      'Inference-Header-Content-Length is "9999", but the body has ',
    ],
    [
      'fewer bytes than announced',
      withBytes({ inputs: [tensor(1, { data: undefined, parameters: { binary_data_size: 12 } })] }, [
        new Uint8Array(11),
      ]),
      400,
      'The inputs announce 12 bytes by binary_data_size, but 11 bytes follow the JSON.',
    ],
    [
      'fewer bytes than the shape has',
      withBytes({ inputs: [tensor(1, { data: undefined, parameters: { binary_data_size: 11 } })] }, [
        new Uint8Array(11),
      ]),
      400,
      'The input "input" has 11 bytes, but UINT8 [1,2,2,3] takes 12.',
    ],
    [
      'data and bytes',
      withBytes({ inputs: [tensor(1, { parameters: { binary_data_size: 12 } })] }, [new Uint8Array(12)]),
      400,
      'The input "input" has both data and a binary_data_size.',
    ],
    [
      'shared memory',
      asked({
        inputs: [
          tensor(1, { data: undefined, parameters: { shared_memory_region: 'a', shared_memory_byte_size: 12 } }),
        ],
      }),
      400,
      'The input "input" has no list of data.',
    ],
  ];
  it.each(sentences)('is refused for %s', async (_name, init, status, start) => {
    const { app, modelCalls } = gatewayHarness();
    const response = await app.request(path, init);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await errorOf(response)).toEqual([status, expect.stringContaining(start)]);
    expect(modelCalls).toEqual([]);
  });

  const room = (features: unknown, shape = [1, 3]) => [
    { name: 'scene@1/features', datatype: 'FP32', shape, data: features },
    { name: 'objects@2/detections', datatype: 'FP32', shape: [1, 2], data: [0, 0] },
  ];
  it.each<[string, string, object, number, string]>([
    [
      'a missing input',
      '/v2/models/room-type/infer',
      room([1, 2, 3]).slice(1),
      400,
      'room-type@2 takes "scene@1/features", "objects@2/detections"; the request lacks "scene@1/features".',
    ],
    [
      'inputs of different lengths',
      '/v2/models/room-type/infer',
      room([1, 2, 3, 4, 5, 6], [2, 3]),
      400,
      'The inputs for room-type@2 have different numbers of items: 2 and 1.',
    ],
    [
      'text among numbers',
      '/v2/models/room-type/infer',
      room([1, 'two', 3]),
      400,
      'The input "scene@1/features" has a value that is not a number.',
    ],
    [
      'a number that FP32 cannot represent',
      '/v2/models/room-type/infer',
      room([1, 1e39, 3]),
      400,
      'The input "scene@1/features" has a value that is not a finite number in FP32.',
    ],
    [
      'a side that is not a multiple',
      '/v2/models/overlay-text/infer',
      [{ ...one, shape: [1, 3, 2, 3] }],
      400,
      'overlay-text@1 takes "input" as UINT8 [-1,-1,-1,3] with sides that are multiples of 2 up to 4, not as UINT8 [1,3,2,3].',
    ],
    [
      'an unknown model',
      '/v2/models/cats/infer',
      [one],
      404,
      'There is no model "cats". Name one of scene, overlay-text, room-type. (no-such-model)',
    ],
    [
      'an unknown version',
      '/v2/models/scene/versions/2/infer',
      [one],
      404,
      'The model "scene" has no version "2". Name one of 1, 9, 10. (no-such-model)',
    ],
    [
      'an unsupported extension',
      '/v2/repository/models/scene/load',
      [],
      404,
      'There is no route at /v2/repository/models/scene/load. GET / lists all routes. (no-such-route)',
    ],
  ])('is refused for %s', async (_name, where, inputs, status, sentence) => {
    expect(await errorOf(await gatewayHarness().app.request(where, asked({ inputs })))).toEqual([
      status,
      expect.stringContaining(sentence),
    ]);
  });

  it('is refused for bytes that are not finite numbers', async () => {
    const inputs = room(undefined).map((input, at) =>
      at === 0 ? { ...input, parameters: { binary_data_size: 12 } } : input,
    );
    const response = await gatewayHarness().app.request(
      '/v2/models/room-type/infer',
      withBytes({ inputs }, [bytesOfFloats(Float32Array.of(1, NaN, 3))]),
    );
    expect(await errorOf(response)).toEqual([
      400,
      'The input "scene@1/features" has a value that is not a finite number in FP32. Send finite numbers. (invalid-request)',
    ]);
  });

  it('is refused when it is too large, before or after decompression', async () => {
    const { app } = gatewayHarness({ limits: { inferenceBytes: 1_000 } });
    const large = JSON.stringify({ inputs: [tensor(4)], padding: ' '.repeat(1_000) });
    const answers = [
      asked(JSON.parse(large)),
      { method: 'POST', headers: { 'content-encoding': 'gzip' }, body: Uint8Array.from(gzipSync(large)) },
    ];
    expect(await Promise.all(answers.map(async (init) => errorOf(await app.request(path, init))))).toEqual([
      [413, 'The request is larger than 1000 bytes. Send at most 1000 bytes. (too-large)'],
      [413, 'The request is larger than 1000 bytes after decompression. Send at most 1000 bytes. (too-large)'],
    ]);
  });

  it('gets 405 with the supported methods for another method', async () => {
    const response = await gatewayHarness().app.request(path, { method: 'GET' });
    expect([response.headers.get('allow'), ...(await errorOf(response))]).toEqual([
      'POST, OPTIONS',
      405,
      `${path} does not support GET. Use POST, OPTIONS. (method-not-allowed)`,
    ]);
  });
});

describe('an inference request that fails', () => {
  it('gets no details of an internal error', async () => {
    const infer = () =>
      Promise.reject(new FanlightError({ code: 'model-failed', message: 'host db-7 said no', remedy: 'Ask again.' }));
    const { app } = gatewayHarness({ infer });
    expect(await errorOf(await app.request(path, asked({ inputs: [tensor(1)] })))).toEqual([
      500,
      'Fanlight could not answer because of an internal error. Try again. If the error persists, send the request id to the operator of this gateway. (model-failed)',
    ]);
  });

  it('is refused at once when the lane is overloaded', async () => {
    const harness = gatewayHarness();
    const { clock } = harness;
    const { app, modelCalls } = gatewayHarness({
      clock,
      admission: createAdmission({
        estimator: { estimate: () => ({ ms: 25_000, certain: true }), sent: () => undefined },
        clock,
        inFlight: 10,
      }),
    });
    const response = await app.request(path, asked({ inputs: [tensor(1)] }));
    expect([response.headers.get('retry-after'), response.status]).toEqual(['15', 503]);
    expect(modelCalls).toEqual([]);
  });

  it('needs a key with the scope models, and charges items as images', async () => {
    const charged: number[] = [];
    const scopes: string[] = [];
    const guard: Guard = {
      admit(_context, scope) {
        scopes.push(scope);
        const chargeImages = (count: number) => {
          charged.push(count);
          if (charged.length === 1) return Promise.resolve();
          throw new ProblemError({
            code: 'daily-quota-exceeded',
            detail: 'The limit is reached.',
            remedy: 'Try again tomorrow.',
          });
        };
        return Promise.resolve({
          caller: { ...anonymousCaller, client: 'shop', chargeImages },
          release: () => undefined,
        });
      },
    };
    const { app, modelCalls } = gatewayHarness({ guard });
    expect((await app.request('/v2/health/ready')).status).toBe(200);
    expect(scopes).toEqual([]);
    expect((await app.request(path, asked({ inputs: [tensor(3)] }))).status).toBe(200);
    expect(await errorOf(await app.request(path, asked({ inputs: [tensor(2)] })))).toEqual([
      429,
      'The limit is reached. Try again tomorrow. (daily-quota-exceeded)',
    ]);
    expect([scopes, charged, modelCalls.map(({ options }) => options.client)]).toEqual([
      ['models', 'models'],
      [3, 2],
      ['shop'],
    ]);
  });

  it('releases its place at the end', async () => {
    const places = { taken: 0 };
    const admission = { enter: () => ((places.taken += 1), () => void (places.taken -= 1)) };
    const during: number[] = [];
    const { app } = gatewayHarness({
      admission,
      infer: ({ input }) => (during.push(places.taken), Promise.resolve(outputOf(input))),
    });
    await app.request(path, asked({ inputs: [tensor(1)] }));
    expect([during, places.taken]).toEqual([[1], 0]);
  });
});
