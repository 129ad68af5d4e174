import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Callback } from '../../../jobs/callbacks/s3/callback.js';
import { openBucket } from '../../../adapters/stores/object-store.js';
import { addressOf, cuttableProxy } from '../../sinks/cuttable-proxy.js';
import { readObjects, s3Address, s3Client, testBucket } from '../../sinks/s3-fixture.js';
import type { Received } from './conformance.js';
import { callbackConformance } from './conformance.js';
import { endOf, jobResult, partOf } from './deliveries.js';

const address = s3Address();
const signal = new AbortController().signal;

interface Manifest {
  readonly id: string;
  readonly results: number;
  readonly parts: readonly { readonly key: string; readonly results: number; readonly bytes: number }[];
}

describe.skipIf(address === undefined)('S3', () => {
  if (address === undefined) return;
  const reader = s3Client(address);
  beforeAll(() => openBucket(reader, testBucket, true, 10_000));
  afterAll(() => reader.destroy());

  /** Reads the results of all parts, then the manifest if there is one. */
  async function read(prefix: string): Promise<Received[]> {
    const objects = await readObjects(reader, prefix);
    const parts = [...objects]
      .filter(([key]) => key.endsWith('.ndjson'))
      .flatMap(([, body]) => body.toString().trimEnd().split('\n'));
    const results = parts.map((line) => JSON.parse(line) as { id: string });
    const manifests = [...objects]
      .filter(([key]) => key.endsWith('/manifest.json'))
      .map(([, body]) => JSON.parse(body.toString()) as Manifest);
    return [
      ...results.map((result) => ({ id: result.id, document: result })),
      ...manifests.map(({ results: _results, parts: _parts, ...summary }) => ({ id: summary.id, document: summary })),
    ];
  }

  callbackConformance({
    name: 's3',
    async fixture() {
      const prefix = `callback-${randomUUID()}`;
      const proxy = await cuttableProxy(addressOf(address.endpoint, 80));
      return {
        target: { kind: 's3', endpoint: `s3://${testBucket}`, place: `${testBucket}/${prefix}` },
        callback: createS3Callback(s3Client(address, proxy), { timeoutMs: 15_000 }),
        received: () => read(prefix),
        down: () => proxy.cut(),
        restore: () => proxy.restore(),
        dispose: () => proxy.close(),
      };
    },
  });

  test('lists every part in the manifest with its number of results and its bytes', async () => {
    const prefix = `callback-${randomUUID()}`;
    const callback = createS3Callback(s3Client(address), { timeoutMs: 15_000 });
    const deliveries = [partOf('J', 200, 250), partOf('J', 0, 200), partOf('J', 0, 200), endOf('J', 250)];
    for (const delivery of deliveries)
      await callback.deliver({ kind: 's3', endpoint: '', place: `${testBucket}/${prefix}/of/mine` }, delivery, signal);
    const objects = await readObjects(reader, prefix);
    const folder = `${prefix}/of/mine/J/`;
    const first = `${folder}part-000000000-200-${partOf('J', 0, 200).id.slice(0, 16)}.ndjson`;
    const second = `${folder}part-000000200-50-${partOf('J', 200, 250).id.slice(0, 16)}.ndjson`;
    expect([...objects.keys()].sort()).toEqual([`${folder}manifest.json`, first, second]);
    const manifest = JSON.parse(String(objects.get(`${folder}manifest.json`))) as Manifest;
    expect([manifest.results, manifest.parts]).toEqual([
      250,
      [
        { key: first, results: 200, bytes: objects.get(first)?.length },
        { key: second, results: 50, bytes: objects.get(second)?.length },
      ],
    ]);
    expect(objects.get(second)?.toString().split('\n')[0]).toBe(JSON.stringify(jobResult('J', 200)));
    await callback.close();
  });

  test('throws a permanent failure for a missing bucket', async () => {
    const callback = createS3Callback(s3Client(address), { timeoutMs: 15_000 });
    await expect(
      callback.deliver({ kind: 's3', endpoint: '', place: 'no-such-bucket-here' }, partOf('J', 0, 1), signal),
    ).rejects.toMatchObject({ code: 'callback-refused' });
    await callback.close();
  });
});
