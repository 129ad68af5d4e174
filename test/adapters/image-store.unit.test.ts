import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../adapters/image-store/memory-image-store.js';
import { RecentKeys } from '../../adapters/image-store/recent-keys.js';
import { createS3ImageStore } from '../../adapters/image-store/s3-image-store.js';
import { createS3Client } from '../../adapters/s3-client.js';
import { systemClock, type Clock } from '../../primitives/clock.js';
import { failureOf } from '../processors/support.js';
import { imageStoreSuite } from './image-store-suite.js';
import { startHttpServer } from './support.js';

imageStoreSuite('the memory image store', async () => createMemoryImageStore({ bucket: 'photos' }));

describe('RecentKeys', () => {
  it('forgets the oldest key when full, and every key after its time', () => {
    let now = 0;
    const clock: Clock = { ...systemClock, now: () => now };
    const keys = new RecentKeys({ capacity: 2, rememberForMs: 100, clock });
    const known = () => ['a', 'b', 'c'].filter((key) => keys.has(key));
    keys.add('a');
    keys.add('b');
    now = 50;
    keys.add('a');
    keys.add('c');
    expect(known()).toEqual(['a', 'c']);
    now = 149;
    expect(known()).toEqual(['a', 'c']);
    now = 150;
    expect(known()).toEqual([]);
  });
});

const key = 'cd'.repeat(32);

async function withServer(
  listener: RequestListener,
  use: (store: ReturnType<typeof createS3ImageStore>) => Promise<void>,
) {
  const server = await startHttpServer(listener);
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = createS3Client({ endpoint, region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b' });
  try {
    await use(createS3ImageStore({ client, bucket: 'photos' }));
  } finally {
    client.destroy();
    await server.close();
  }
}

describe('the S3 image store', () => {
  it('stores with one conditional request, and sends none for content that it has stored', async () => {
    const seen: unknown[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push([request.method, request.url, request.headers['if-none-match']]);
      request.resume().on('end', () => response.end());
    };
    await withServer(listener, async (store) => {
      await Promise.all([store.put(key, Buffer.from('x')), store.put(key, Buffer.from('x'))]);
      await store.put(key, Buffer.from('x'));
    });
    expect(seen).toEqual([['PUT', `/photos/sha256/cd/${key}?x-id=PutObject`, '*']]);
  });

  it('accepts that an object already exists (412)', async () => {
    let requests = 0;
    const listener: RequestListener = (request, response) => {
      requests += 1;
      request.resume().on('end', () => response.writeHead(412).end());
    };
    await withServer(listener, async (store) => {
      await store.put(key, Buffer.from('x'));
      await store.put(key, Buffer.from('x'));
    });
    expect(requests).toBe(1);
  });

  it.each([403, 500, 503])(
    'reports store-unavailable on status %i, and sends a request again at the next call',
    async (status) => {
      const listener: RequestListener = (request, response) =>
        void request.resume().on('end', () => response.writeHead(status).end());
      await withServer(listener, async (store) => {
        for (const work of [() => store.put(key, Buffer.from('x')), () => store.get(key), () => store.ensureBucket()]) {
          const failure = await failureOf(work);
          expect([failure.code, failure.retryable]).toEqual(['store-unavailable', true]);
          expect(failure.message).toContain('bucket "photos"');
        }
      });
    },
  );

  it('reports a missing bucket as store-unavailable, not as a missing image', async () => {
    const listener: RequestListener = (_request, response) =>
      response.writeHead(404, { 'content-type': 'application/xml' }).end('<Error><Code>NoSuchBucket</Code></Error>');
    await withServer(listener, async (store) => {
      expect((await failureOf(store.get(key))).code).toBe('store-unavailable');
    });
  });

  it('reports store-unavailable when the port is closed', async () => {
    const server = await startHttpServer(() => undefined);
    await server.close();
    const endpoint = `http://127.0.0.1:${server.port}`;
    const client = createS3Client({ endpoint, region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b' });
    const failure = await failureOf(createS3ImageStore({ client, bucket: 'photos' }).get(key));
    expect(failure.code).toBe('store-unavailable');
    client.destroy();
  });
});
