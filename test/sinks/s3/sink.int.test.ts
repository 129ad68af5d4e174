import { describe, expect, test } from 'vitest';
import type { ImageTags } from '../../../schemas/events.js';
import { s3SinkConfig } from '../../../sinks/s3/config.js';
import { createS3Sink } from '../../../sinks/s3/sink.js';
import { sinkConformance } from '../conformance.js';
import { addressOf, cuttableProxy } from '../cuttable-proxy.js';
import { heldLink, httpWrites } from '../held-link.js';
import { tagRecord } from '../records.js';
import { readObjects, s3Address, s3Client, testBucket } from '../s3-fixture.js';
import { distinct } from '../stored-result.js';

const address = s3Address();

describe.skipIf(address === undefined)('S3', () => {
  if (address === undefined) return;

  sinkConformance({
    name: 's3',
    keeps: 'latest',
    async fixture(scope) {
      const proxy = await cuttableProxy(addressOf(address.endpoint, 80));
      const reader = s3Client(address);
      const settings = { bucket: testBucket, prefix: `${scope}/`, createBucket: true };
      return {
        proxy,
        create: (timeoutMs) =>
          createS3Sink(s3SinkConfig({ ...settings, timeoutMs }), { client: s3Client(address, proxy) }),
        async former() {
          const link = await heldLink(addressOf(address.endpoint, 80));
          return {
            link,
            sink: createS3Sink(s3SinkConfig(settings), { client: s3Client(address, link) }),
            writesOf: (records) => ({ ...httpWrites(/^PUT /), connections: records }),
          };
        },
        async read() {
          const objects = await readObjects(reader, settings.prefix);
          const results = [...objects].filter(([key]) => !key.includes('.fanlight/'));
          return results.map(([, body]) => {
            const tags = JSON.parse(body.toString()) as ImageTags;
            const { imageId, listingId, pipeline, roomType } = tags;
            const names = distinct(tags.tags.map(({ name }) => name));
            return { imageId, listingId, pipeline, roomType: roomType?.name ?? null, tags: names };
          });
        },
        spoil: async (record) => ({ ...record, value: { ...record.value, imageId: `${record.value.imageId}\ud800` } }),
        async dispose() {
          reader.destroy();
          await proxy.close();
        },
      };
    },
  });

  test('stores the whole result', async () => {
    const config = s3SinkConfig({ bucket: testBucket, prefix: 'whole/', createBucket: true });
    const sink = createS3Sink(config, { client: s3Client(address) });
    await sink.open();
    const record = tagRecord(0);
    await sink.write([record]);
    const reader = s3Client(address);
    const objects = await readObjects(reader, 'whole/');
    const results = [...objects].filter(([key]) => key.endsWith('.json'));
    const stored = new Map(results.map(([key, body]) => [key, JSON.parse(body.toString()) as unknown]));
    expect(stored).toEqual(
      new Map([['whole/listing-photo/1/listing-0/image-0.json', { id: record.id, ...record.value }]]),
    );
    await sink.close();
    reader.destroy();
  });

  test.each([
    { name: 'a missing bucket', bucket: 'fanlight-no-such-bucket', secretAccessKey: address.secretAccessKey },
    { name: 'a wrong secret', bucket: testBucket, secretAccessKey: 'wrong' },
  ])('open fails with invalid-configuration for $name', async ({ bucket, secretAccessKey }) => {
    const sink = createS3Sink(s3SinkConfig({ bucket }), { client: s3Client({ ...address, secretAccessKey }) });
    await expect(sink.open()).rejects.toMatchObject({ code: 'invalid-configuration', kind: 'fatal' });
    await sink.close();
  });
});
