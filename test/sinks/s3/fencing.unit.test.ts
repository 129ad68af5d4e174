import { describe, expect, test } from 'vitest';
import { s3SinkConfig } from '../../../sinks/s3/config.js';
import { createS3Sink } from '../../../sinks/s3/sink.js';
import type { TagRecord } from '../../../sinks/sink.js';
import { memoryBucket, type MemoryBucket, type MemoryBucketOptions, type Transport } from '../memory-s3.js';
import { startOfTime, tagRecord } from '../records.js';

const key = 'tags/listing-photo/1/listing-0/image-0.json';
const probeKey = 'tags/.fanlight/conditional-writes';

/** A result of one photo and pipeline. */
const result = (day: number, sha256 = '0'): TagRecord =>
  tagRecord(0, { eventTime: startOfTime + day, contentSha256: sha256.repeat(64) });

async function openSink(options: MemoryBucketOptions = {}) {
  const bucket = memoryBucket(options);
  const warnings: string[] = [];
  const sinkOf = (transport?: Transport) =>
    createS3Sink(s3SinkConfig({ bucket: 'photos' }), { client: bucket.client(transport) });
  const sink = sinkOf();
  await sink.open((sentence) => warnings.push(sentence));
  bucket.requests.length = 0;
  return { bucket, sink, sinkOf, warnings };
}

const stored = ({ objects }: MemoryBucket) => {
  const { id, eventTime } = JSON.parse(objects.get(key)?.body.toString() ?? '{}') as { id: string; eventTime: number };
  return { id, eventTime };
};
const versionOf = ({ id, value }: TagRecord) => ({ id, eventTime: value.eventTime });

describe('the sink s3', () => {
  test('sends one request for a new photo', async () => {
    const { bucket, sink } = await openSink();
    await sink.write([result(1)]);
    expect(bucket.requests).toEqual(['PutObject']);
    expect(stored(bucket)).toEqual(versionOf(result(1)));
  });

  test('replaces an older result, and looks at its metadata only', async () => {
    const { bucket, sink } = await openSink();
    await sink.write([result(1)]);
    await sink.write([result(2)]);
    expect(bucket.requests).toEqual(['PutObject', 'PutObject', 'HeadObject', 'PutObject']);
    expect(stored(bucket)).toEqual(versionOf(result(2)));
  });

  test('looks first while it meets photos that have a result', async () => {
    const { bucket, sink } = await openSink();
    const photo = (n: number, day: number) => tagRecord(n, { eventTime: startOfTime + day });
    for (const n of [0, 1, 2]) await sink.write([photo(n, 0)]);
    bucket.requests.length = 0;
    for (const n of [0, 1, 2]) await sink.write([photo(n, 1)]);
    for (const n of [3, 4]) await sink.write([photo(n, 1)]);
    expect(bucket.requests).toEqual([
      ...['PutObject', 'HeadObject', 'PutObject'],
      ...['HeadObject', 'PutObject', 'HeadObject', 'PutObject'],
      ...['HeadObject', 'PutObject', 'PutObject'],
    ]);
  });

  test('leaves a newer result alone', async () => {
    const { bucket, sink } = await openSink();
    await sink.write([result(2)]);
    const held = bucket.objects.get(key);
    await sink.write([result(1)]);
    expect(bucket.objects.get(key)).toBe(held);
  });

  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('keeps the greater id of two results of the same time: %s, then %s', async (first, second) => {
    const { bucket, sink } = await openSink();
    await sink.write([result(1, first)]);
    await sink.write([result(1, second)]);
    expect(stored(bucket)).toEqual(versionOf(result(1, 'b')));
  });

  test('writes the newest result of a photo in a batch, whatever their order', async () => {
    const { bucket, sink } = await openSink();
    await sink.write([result(2), result(3), result(1)]);
    expect(stored(bucket)).toEqual(versionOf(result(3)));
  });

  test.each([
    { name: 'an older result', day: 1, kept: result(2) },
    { name: 'a newer result', day: 3, kept: result(3) },
  ])('compares the body of $name that has no metadata', async ({ day, kept }) => {
    const { bucket, sink } = await openSink();
    const { id, value } = result(day);
    bucket.objects.set(key, { body: Buffer.from(JSON.stringify({ id, ...value })), etag: '"1"', metadata: {} });
    await sink.write([result(2)]);
    expect(stored(bucket)).toEqual(versionOf(kept));
  });

  test('replaces an object that another program wrote under its key', async () => {
    const { bucket, sink } = await openSink();
    bucket.objects.set(key, { body: Buffer.from('<html>'), etag: '"1"', metadata: { 'event-time': 'soon' } });
    await sink.write([result(1)]);
    expect(stored(bucket)).toEqual(versionOf(result(1)));
  });

  test('keeps a newer result that arrives between its read and its put', async () => {
    const { bucket, sink, sinkOf } = await openSink();
    await sink.write([result(1)]);
    const overtaken = sinkOf(async ({ name, apply }) => {
      const answer = apply();
      if (name === 'HeadObjectCommand' && stored(bucket).eventTime === startOfTime + 1) await sink.write([result(3)]);
      return answer;
    });
    await overtaken.write([result(2)]);
    expect(stored(bucket)).toEqual(versionOf(result(3)));
  });

  test('reports sink-unavailable if other writers change an object again and again', async () => {
    const { sinkOf, bucket } = await openSink();
    let tags = 0;
    const unlucky = sinkOf(async ({ apply }) => {
      bucket.objects.set(key, { body: Buffer.from('{}'), etag: `"${(tags += 1)}"`, metadata: {} });
      return apply();
    });
    await expect(unlucky.write([result(1)])).rejects.toMatchObject({ code: 'sink-unavailable' });
  });

  test('begins no request after the records are revoked', async () => {
    const { bucket, sink, sinkOf } = await openSink();
    await sink.write([result(1)]);
    bucket.requests.length = 0;
    const assignment = new AbortController();
    const revoked = sinkOf(async ({ apply }) => {
      assignment.abort(new Error('revoked'));
      return apply();
    });
    await expect(revoked.write([result(2)], assignment.signal)).rejects.toMatchObject({ code: 'sink-unavailable' });
    expect(bucket.requests).toEqual(['PutObject']);
  });

  test('finds out in three puts that a store honours conditions, and later in two', async () => {
    const bucket = memoryBucket();
    const sink = createS3Sink(s3SinkConfig({ bucket: 'photos' }), { client: bucket.client() });
    await sink.open();
    expect(bucket.requests).toEqual(['HeadBucket', 'PutObject', 'PutObject', 'PutObject']);
    await sink.open();
    expect(bucket.requests.slice(4)).toEqual(['HeadBucket', 'PutObject', 'PutObject']);
    expect([...bucket.objects.keys()]).toEqual([probeKey]);
  });

  describe.each([
    { lacks: 'all conditions', honours: [], requests: ['HeadObject', 'PutObject', 'HeadObject', 'HeadObject'] },
    {
      lacks: 'If-Match',
      honours: ['IfNoneMatch'] as const,
      requests: ['PutObject', 'PutObject', 'HeadObject', 'HeadObject'],
    },
  ])('in front of a store that lacks $lacks', ({ honours, requests }) => {
    test('warns once, and reads before it overwrites', async () => {
      const { bucket, sink, warnings } = await openSink({ honours });
      expect(warnings).toEqual([expect.stringContaining('photos ignores conditional puts')]);
      await sink.write([result(2)]);
      await sink.write([result(1)]);
      expect(stored(bucket)).toEqual(versionOf(result(2)));
      await sink.write([result(1)]);
      expect(bucket.requests).toEqual(requests);
    });
  });
});
