import { describe, expect, test } from 'vitest';
import { avroContainer, avroEncoder } from '../../../sinks/lake/avro-container.js';
import { lakeSinkConfig } from '../../../sinks/lake/config.js';
import { createLakeSink } from '../../../sinks/lake/sink.js';
import { loadSchema } from '../../../schemas/schema-files.js';
import { memoryBucket, type MemoryBucketOptions, type Transport } from '../memory-s3.js';
import { readContainer } from './read-container.js';
import { tagRecord } from '../records.js';

const folder = 'lake/image-tags.bulk/partition=0/';
const records = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => tagRecord(from + at));
const unfit = (offset: number) => tagRecord(offset, { width: 1024.5 });

async function openLake(options: MemoryBucketOptions = {}) {
  const bucket = memoryBucket(options);
  const warnings: string[] = [];
  async function openSink(transport?: Transport) {
    const sink = createLakeSink(lakeSinkConfig({ bucket: 'lake' }), { client: bucket.client(transport) });
    await sink.open((sentence) => warnings.push(sentence));
    bucket.requests.length = 0;
    return sink;
  }
  /** The numbers of the records in each file, by the first offset in its name. */
  async function files(): Promise<Readonly<Record<number, readonly number[]>>> {
    const found: Record<number, readonly number[]> = {};
    for (const [key, { body }] of bucket.objects) {
      if (!key.startsWith(folder)) continue;
      const results = await readContainer(body);
      found[Number(key.slice(-25, -5))] = results.map(({ imageId }) => Number(imageId.slice('image-'.length)));
    }
    return found;
  }
  /** Puts a file as an earlier release wrote it. */
  async function putEarlier(from: number, to: number): Promise<void> {
    const encoder = avroEncoder(loadSchema('image-tags'));
    const encoded = records(from, to).map(({ value }) => encoder.encode(value));
    const header = { 'fanlight.offset.first': String(from), 'fanlight.offset.last': String(to - 1) };
    const key = `${folder}image-tags.bulk+0+${String(from).padStart(20, '0')}.avro`;
    bucket.objects.set(key, {
      body: await avroContainer(encoder.schema, encoded, key, header),
      etag: '"e"',
      metadata: {},
    });
  }
  return { bucket, openSink, files, putEarlier, warnings };
}

describe('the sink lake', () => {
  test('looks at the lake once, then sends one request a file', async () => {
    const { bucket, openSink, files } = await openLake();
    const sink = await openSink();
    for (const from of [0, 10, 20]) await sink.write(records(from, from + 10));
    expect(bucket.requests).toEqual(['ListObjectsV2', 'PutObject', 'PutObject', 'PutObject']);
    expect(Object.keys(await files())).toEqual(['0', '10', '20']);
  });

  test('continues the chain of another worker, and reads one header for that', async () => {
    const { bucket, openSink, files } = await openLake();
    const former = await openSink();
    for (const from of [0, 10, 20]) await former.write(records(from, from + 10));
    const sink = await openSink();
    await sink.write(records(25, 40));
    expect(bucket.requests).toEqual(['ListObjectsV2', 'GetObject', 'PutObject']);
    expect((await files())[30]).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
  });

  test('never replaces a file', async () => {
    const { bucket, openSink } = await openLake();
    await (await openSink()).write(records(0, 10));
    const before = new Map(bucket.objects);
    await (await openSink()).write(records(0, 5));
    await (await openSink()).write(records(0, 10));
    expect(bucket.objects).toEqual(before);
  });

  test('fills the gaps between files', async () => {
    const { openSink, files } = await openLake();
    const sink = await openSink();
    await sink.write(records(3, 5));
    await sink.write(records(8, 9));
    await sink.write(records(0, 12));
    expect(await files()).toEqual({ 0: [0, 1, 2], 3: [3, 4], 5: [5, 6, 7], 8: [8], 9: [9, 10, 11] });
  });

  test('looks again when the next record is not the one behind its own file', async () => {
    const { openSink, files } = await openLake();
    const sink = await openSink();
    await sink.write(records(0, 3));
    await (await openSink()).write(records(3, 9));
    await sink.write(records(6, 12)); // the other worker had committed up to 6
    expect(await files()).toEqual({ 0: [0, 1, 2], 3: [3, 4, 5, 6, 7, 8], 9: [9, 10, 11] });
  });

  test('stores a record that comes late, although a file reaches behind it', async () => {
    const { openSink, files } = await openLake();
    const sink = await openSink();
    await sink.write([...records(0, 2), ...records(3, 6)]);
    await sink.write(records(2, 3));
    await sink.write(records(3, 8));
    expect(await files()).toEqual({ 0: [0, 1, 3, 4, 5], 2: [2], 6: [6, 7] });
  });

  test('finds a file behind one that only fills a gap of it', async () => {
    const { openSink, files } = await openLake();
    const sink = await openSink();
    await sink.write([...records(0, 2), ...records(3, 6)]);
    await sink.write(records(2, 3));
    await (await openSink()).write(records(4, 8));
    expect(await files()).toEqual({ 0: [0, 1, 3, 4, 5], 2: [2], 6: [6, 7] });
  });

  test('names a file by the first record that fits the schema, and stores nothing if none does', async () => {
    const { bucket, openSink, files } = await openLake();
    const sink = await openSink();
    const rejections = await sink.write([unfit(0), unfit(1)]);
    expect(rejections.map(({ index }) => index)).toEqual([0, 1]);
    expect(bucket.requests).toEqual([]);
    await sink.write([unfit(2), ...records(3, 5), unfit(5)]);
    await sink.write(records(6, 8));
    expect(await files()).toEqual({ 3: [3, 4], 6: [6, 7] });
  });

  test('reports a record that does not fit also when its file is there already', async () => {
    const { openSink } = await openLake();
    const batch = [...records(0, 2), unfit(2), ...records(3, 5)];
    await (await openSink()).write(batch);
    expect((await (await openSink()).write(batch)).map(({ index }) => index)).toEqual([2]);
  });

  test('stores a record that was rejected before, once it fits', async () => {
    const { openSink, files } = await openLake();
    await (await openSink()).write([...records(0, 2), unfit(2), ...records(3, 5)]);
    await (await openSink()).write(records(0, 5));
    expect(await files()).toEqual({ 0: [0, 1, 3, 4], 2: [2] });
  });

  test('does not repeat the records of files of an earlier release, overlapping ones included', async () => {
    const { openSink, files, putEarlier } = await openLake();
    await putEarlier(0, 50);
    await putEarlier(20, 30);
    await (await openSink()).write(records(35, 60));
    expect((await files())[50]).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
  });

  test('finds a file that begins 99,999 offsets before, in a listing of many pages', async () => {
    const { openSink, files } = await openLake({ pageSize: 2 });
    const sink = await openSink();
    await sink.write([tagRecord(5), tagRecord(100_004)]);
    for (const offset of [10, 20, 30, 40, 50]) await sink.write([tagRecord(offset)]);
    await (await openSink()).write([tagRecord(100_004), tagRecord(100_005)]);
    const { 100_004: repeated, 100_005: next } = await files();
    expect([repeated, next]).toEqual([undefined, [100_005]]);
  });

  test('sends no put in a replay of what the lake holds', async () => {
    const { bucket, openSink } = await openLake();
    const former = await openSink();
    for (const from of [0, 10, 20]) await former.write(records(from, from + 10));
    const sink = await openSink();
    await sink.write(records(0, 15));
    await sink.write(records(15, 30));
    expect(new Set(bucket.requests)).toEqual(new Set(['ListObjectsV2', 'GetObject']));
    await sink.write(records(30, 40));
    await sink.write(records(40, 50));
    expect(bucket.requests.slice(-4)).toEqual(['ListObjectsV2', 'GetObject', 'PutObject', 'PutObject']);
  });

  test('reads a header that is longer than usual, because many offsets are missing', async () => {
    const { openSink, files } = await openLake();
    const batch = Array.from({ length: 4_000 }, (_, at) => tagRecord(2 * at));
    await (await openSink()).write(batch);
    await (await openSink()).write([...batch.slice(-2), tagRecord(8_000)]);
    expect((await files())[8_000]).toEqual([8_000]);
  });

  test('refuses a topic that was created again', async () => {
    const { openSink, files } = await openLake();
    await (await openSink()).write(records(0, 5));
    const other = records(0, 5).map((record) => ({ ...record, id: `${record.id}-other` }));
    await expect((await openSink()).write(other)).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: expect.stringContaining('the topic was created again') as unknown,
    });
    expect(await files()).toEqual({ 0: [0, 1, 2, 3, 4] });
  });

  test('refuses a file whose offsets are unknown', async () => {
    const { bucket, openSink } = await openLake();
    const key = `${folder}image-tags.bulk+0+00000000000000000000.avro`;
    for (const text of ['', 'Obj', 'Obj\u0001', 'no container']) {
      bucket.objects.set(key, { body: Buffer.from(text), etag: '"e"', metadata: {} });
      await expect((await openSink()).write(records(0, 5))).rejects.toMatchObject({ code: 'invalid-configuration' });
    }
  });

  test('begins no request after the records are revoked', async () => {
    const { bucket, openSink } = await openLake();
    const assignment = new AbortController();
    const sink = await openSink(async ({ name, apply }) => {
      if (name === 'ListObjectsV2Command') assignment.abort(new Error('revoked'));
      return apply();
    });
    await expect(sink.write(records(0, 5), assignment.signal)).rejects.toMatchObject({ code: 'sink-unavailable' });
    expect(bucket.requests).toEqual(['ListObjectsV2']);
  });

  test('warns about a store without conditional puts, and looks before each put', async () => {
    const { bucket, openSink, files, warnings } = await openLake({ honours: [] });
    const sink = await openSink();
    expect(warnings).toEqual([expect.stringContaining('lake ignores conditional puts')]);
    await sink.write(records(0, 5));
    await sink.write(records(5, 9));
    expect(bucket.requests.filter((name) => name === 'ListObjectsV2')).toHaveLength(2);
    await (await openSink()).write(records(0, 12));
    expect(Object.keys(await files())).toEqual(['0', '5', '9']);
  });
});
