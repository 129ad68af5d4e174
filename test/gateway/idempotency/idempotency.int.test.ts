import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../primitives/clock.js';
import { bytesOfFloats } from '../../../primitives/float-bytes.js';
import { storeAddress } from '../../sinks/store-address.js';
import { openAnswers } from './answers-support.js';
import { gatewayHarness, postJson, resultOf, type HarnessOptions } from '../harness.js';

const redis = new Redis(storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '');
afterAll(() => redis.disconnect());

const url = 'https://photos.example/1.jpg';
const withKey = (key: string, document: object = { url }) =>
  postJson(document, { 'idempotency-key': key, 'content-length': String(JSON.stringify(document).length) });

/** Two gateways over one Redis. */
function gateways(options: HarnessOptions = {}) {
  const prefix = `test-${randomUUID()}:`;
  const open = () => gatewayHarness({ ...options, clock: systemClock, answers: openAnswers(redis, prefix) });
  return [open(), open()] as const;
}

describe('Idempotency-Key', () => {
  it('replays the answer of a request that is repeated at another gateway', async () => {
    const [one, other] = gateways();
    const key = randomUUID();
    const first = await one.app.request('/v1/jobs', withKey(key, { images: [{ url }] }));
    const second = await other.app.request('/v1/jobs', withKey(key, { images: [{ url }] }));
    expect([
      first.status,
      second.status,
      second.headers.get('location'),
      second.headers.get('idempotency-replayed'),
    ]).toEqual([202, 202, first.headers.get('location'), 'true']);
    expect(await second.json()).toEqual(await first.json());
    expect([one.jobs.sent.length, other.jobs.sent.length]).toEqual([1, 0]);
  });

  it('replays a compressed answer to a client that accepts no encoding', async () => {
    const items = 400;
    const floats = (count: number) => bytesOfFloats(new Float32Array(items * count).fill(0.25));
    const [one, other] = gateways({
      infer: () =>
        Promise.resolve({ model: 'scene@1', items, outputs: { probs: floats(2), features: floats(3) }, timings: {} }),
    });
    const headers = { 'idempotency-key': randomUUID() };
    const document = { inputs: [{ name: 'input', datatype: 'UINT8', shape: [1, 2, 2, 3], data: Array(12).fill(0) }] };
    const first = await one.app.request(
      '/v2/models/scene/versions/1/infer',
      postJson(document, { ...headers, 'accept-encoding': 'gzip' }),
    );
    const second = await other.app.request('/v2/models/scene/versions/1/infer', postJson(document, headers));
    expect([
      first.headers.get('content-encoding'),
      second.headers.get('content-encoding'),
      second.headers.get('idempotency-replayed'),
    ]).toEqual(['gzip', null, 'true']);
    expect(await second.json()).toEqual(JSON.parse(gunzipSync(Buffer.from(await first.arrayBuffer())).toString()));
  });

  it('answers 422 to a different request with the same key', async () => {
    const [one] = gateways();
    const key = randomUUID();
    await one.app.request('/v1/tags', withKey(key));
    const sameLength = url.replace('1', '2');
    const others = [
      one.app.request('/v1/jobs', withKey(key, { images: [{ url }] })),
      one.app.request('/v1/tags', withKey(key, { url: `${url}?2` })),
      one.app.request('/v1/tags', withKey(key, { url: sameLength })),
    ];
    expect(await Promise.all(others.map(async (answer) => (await answer).status))).toEqual([422, 422, 422]);
    expect((await one.app.request('/v1/tags', withKey(key))).headers.get('idempotency-replayed')).toBe('true');
    expect(one.calls.length).toBe(1);
  });

  it('compares lines of a job without a Content-Length by their digest', async () => {
    const [one] = gateways();
    const key = randomUUID();
    const lines = (...urls: string[]) => {
      const body = new ReadableStream({
        start(controller) {
          for (const each of urls) controller.enqueue(Buffer.from(`${JSON.stringify({ url: each })}\n`));
          controller.close();
        },
      });
      return one.app.request('/v1/jobs', {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': key },
      });
    };
    const first = await lines(url, url);
    const [same, other] = [await lines(url, url), await lines(url)];
    expect([first.status, same.status, other.status]).toEqual([202, 202, 422]);
    expect(same.headers.get('location')).toBe(first.headers.get('location'));
    expect(one.jobs.sent.flatMap(({ images }) => images).length).toBe(2);
  });

  it('answers 409 to a repetition while the first request is in flight', async () => {
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    const [one, other] = gateways({ tag: async ({ image }) => held.then(() => resultOf(image)) });
    const key = randomUUID();
    const first = one.app.request('/v1/tags', withKey(key));
    await expect.poll(() => one.calls.length).toBe(1);
    const meanwhile = await other.app.request('/v1/tags', withKey(key));
    expect([
      meanwhile.status,
      ((await meanwhile.json()) as { code: string }).code,
      meanwhile.headers.get('retry-after'),
    ]).toEqual([409, 'idempotency-conflict', '1']);
    finish();
    expect((await first).status).toBe(200);
    expect(other.calls).toEqual([]);
  });

  it('can be used again after the request failed', async () => {
    let fails = true;
    const [one, other] = gateways({
      tag: ({ image }) => (fails ? Promise.reject(new Error('broken')) : Promise.resolve(resultOf(image))),
    });
    const key = randomUUID();
    expect((await one.app.request('/v1/tags', withKey(key))).status).toBe(500);
    fails = false;
    const again = await other.app.request('/v1/tags', withKey(key));
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null]);
  });

  it('is refused with 400 when it is invalid, and with 503 when answers cannot be kept', async () => {
    const [one] = gateways();
    expect((await one.app.request('/v1/tags', withKey('x'.repeat(256)))).status).toBe(400);
    expect((await gatewayHarness().app.request('/v1/tags', withKey('a'))).status).toBe(503);
    const gone = new Redis({ lazyConnect: true, enableOfflineQueue: false });
    const cutOff = gatewayHarness({ answers: openAnswers(gone, 'x:') });
    expect((await cutOff.app.request('/v1/tags', withKey('a'))).status).toBe(503);
    gone.disconnect();
    expect(cutOff.calls).toEqual([]);
  });
});
